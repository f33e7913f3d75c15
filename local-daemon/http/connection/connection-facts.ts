import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isClientField } from '../../../protocol/http/client-fields.ts'
import { namesListener } from '../../access/host-check.ts'
import type { ListenHost } from '../../network/listen-host.ts'
import type { Settings } from '../../settings/settings.ts'
import type { RequestFacts } from '../../access/request-facts.ts'

/**
 * The facts of a request over TCP. On loopback it is a proxy's if it has headers that only proxies send, or names a public
 * host. Beyond loopback it is a proxy's only if the setting `trusted_proxies` names the peer. Anything else there is
 * the network's, with the address of its socket, and no header changes that. The client's address is taken only from a
 * header of trusted proxies.
 */
export function connectionFacts(
  incoming: IncomingMessage,
  settings: Settings,
  listener: ListenHost,
): RequestFacts {
  if (listener.exposure === 'loopback') {
    if (!isForwarded(incoming) && namesListener(incoming.headers.host ?? null, listener)) {
      return { via: 'loopback', ...at(incoming) }
    }
    return proxied(incoming, settings)
  }
  const peer = peerOf(incoming)
  if (settings.trusts(peer) && isForwarded(incoming)) return proxied(incoming, settings)
  return { via: 'network', ...at(incoming), ...(peer === '' ? {} : { clientAddress: peer }) }
}

function proxied(incoming: IncomingMessage, settings: Settings): RequestFacts {
  const peerTrusted = settings.trusts(peerOf(incoming))
  const client = peerTrusted ? forwardedFor(incoming, settings) : undefined
  return {
    via: 'proxy',
    peerTrusted,
    ...at(incoming),
    ...(client === undefined ? {} : { clientAddress: client }),
  }
}

function at({ socket }: IncomingMessage): Pick<RequestFacts, 'localPort'> {
  const { localPort } = socket
  return localPort === undefined ? {} : { localPort }
}

/**
 * Whether a proxy may have forwarded the request: it has a field that clients do not send by themselves. A direct client that sends one only gives
 * up the extra rights of loopback. HTTP/1.0 is nginx's default to its upstream.
 */
function isForwarded({ headers, httpVersionMajor, httpVersionMinor }: IncomingMessage): boolean {
  return (
    httpVersionMajor < 1 ||
    (httpVersionMajor === 1 && httpVersionMinor === 0) ||
    Object.keys(headers).some((name) => !isClientField(name))
  )
}

/** The address at the other end of the connection, without the zone of a link-local one. */
function peerOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress?.split('%')[0] ?? ''
}

/** Names of the headers by which a request counts as a proxy's. */
export function forwardingHeaders(headers: Headers): string[] {
  return [...headers.keys()].filter((name) => !isClientField(name))
}

/**
 * The rightmost address that is no trusted proxy's own: what is left of it is the client's own
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
