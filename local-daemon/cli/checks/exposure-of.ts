import { isIP } from 'node:net'
import { parseListenHost, type Exposure } from '../../http/connection/listen-host.ts'
import { StartError } from '../../home/start-error.ts'

/** Who can reach an address of the daemon's own port; undefined for a name and for an address it never listens on. */
export function exposureOf({ hostname }: URL): Exposure | undefined {
  const host = hostname.replaceAll(/^\[|\]$/gu, '')
  if (host !== 'localhost' && isIP(host) === 0) return undefined
  try {
    return parseListenHost(host).exposure
  } catch (error) {
    if (error instanceof StartError) return undefined
    throw error
  }
}
