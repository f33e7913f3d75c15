import { readFile } from 'node:fs/promises'
import { exposureOf } from './exposure-of.ts'
import type { Survey } from './survey.ts'

/** A public address that is to lead to this daemon, and the certificate to trust for it. */
export interface PublicOrigin {
  readonly origin: URL
  readonly ca: string | undefined
  /** Why the certificate that is to be trusted for it cannot be read. */
  readonly fault?: string
}

/** The gateway's hostname, each name that a reverse proxy hands on, and an address of its own beyond loopback. */
export async function publicOrigins({ running, daemon }: Survey): Promise<readonly PublicOrigin[]> {
  const gateway = running?.gateway
  const own = running && new URL(running.address)
  const direct =
    own === undefined || exposureOf(own) === 'loopback' ? [] : [{ origin: own, ca: undefined }]
  const hosts = daemon?.settings.allowed_hosts ?? []
  const proxied = hosts.map((host) => ({ origin: new URL(`https://${host}`), ca: undefined }))
  if (!gateway) return [...proxied, ...direct]
  const origin = new URL(gateway)
  const others = proxied.filter((other) => other.origin.host !== origin.host)
  return [{ origin, ...(await authorityIn(running.gateway_ca)) }, ...others, ...direct]
}

async function authorityIn(path: string | null): Promise<Pick<PublicOrigin, 'ca' | 'fault'>> {
  try {
    return { ca: path === null ? undefined : await readFile(path, 'utf8') }
  } catch (error) {
    return { ca: undefined, fault: (error as Error).message }
  }
}
