import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isLoopbackHost } from '../access/host-check.ts'
import type { Settings } from '../settings/settings.ts'
import type { RequestFacts } from './request-facts.ts'

/** Whatever a proxy adds. Who sends one directly only gives up what loopback may more than a proxy. */
const FORWARDING = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'forwarded',
  'via',
  'cf-connecting-ip',
] as const

const LOOPBACK: RequestFacts = { via: 'loopback' }

/**
 * The facts of a request over TCP. It is a proxy's if it carries what only proxies send, or names a public host;
 * the client's address is taken from it only where the setting `trusted_proxies` names the peer.
 */
export function connectionFacts(incoming: IncomingMessage, settings: Settings): RequestFacts {
  const { headers } = incoming
  // HTTP/1.0 is what nginx speaks to its upstream unless told otherwise, with no header of its own.
  const forwarded =
    incoming.httpVersionMajor < 1 ||
    (incoming.httpVersionMajor === 1 && incoming.httpVersionMinor === 0) ||
    FORWARDING.some((name) => headers[name] !== undefined)
  if (!forwarded && isLoopbackHost(headers.host ?? null)) return LOOPBACK
  const peerTrusted = settings.trusts(incoming.socket.remoteAddress ?? '')
  const client = peerTrusted ? forwardedFor(incoming, settings) : undefined
  return { via: 'proxy', peerTrusted, ...(client === undefined ? {} : { clientAddress: client }) }
}

/** Names of the forwarding headers that a request has. */
export function forwardingHeaders(headers: Headers): string[] {
  return FORWARDING.filter((name) => headers.has(name))
}

/**
 * The rightmost address that no trusted proxy has written for itself: what stands left of it is the client's own
 * claim (oauth2-proxy GHSA-7x63-xv5r-3p2x read it from the left).
 */
function forwardedFor(incoming: IncomingMessage, settings: Settings): string | undefined {
  const field = incoming.headers['x-forwarded-for']
  const chain = (Array.isArray(field) ? field.join(',') : (field ?? '')).split(',')
  for (const entry of chain.toReversed()) {
    const address = entry.trim()
    if (isIP(address) === 0) return undefined
    if (!settings.trusts(address)) return address
  }
  return undefined
}
