import { isIP } from 'node:net'
import { parseListenHost, type Exposure } from '../../network/listen-host.ts'
import { StartError } from '../../problem/start-error.ts'

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
