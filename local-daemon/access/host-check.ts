import { type ListenHost, urlHost } from '../network/listen-host.ts'

/** A Host header, with or without a port. */
const PORT = /:(?:0|[1-9][0-9]{0,4})$/
/**
 * `localhost` and the names below it, also with a trailing dot (RFC 6761, section 6.3), and the addresses of loopback. Nobody can
 * register such a name and browsers ask no server for it, so no page can point one at this machine.
 */
const LOOPBACK_NAME =
  /^(?:(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*localhost\.?|127\.0\.0\.1|\[::1\])$/

/**
 * Whether a Host header names the listener that was called: its address or, on loopback, the names of loopback.
 * A web page can point its own name at any address (DNS rebinding) and is then same-origin to itself, but its Host
 * header still shows that name.
 */
export function namesListener(host: string | null, { address, exposure }: ListenHost): boolean {
  if (host === null) return false
  const name = hostName(host)
  return name === urlHost(address) || (exposure === 'loopback' && LOOPBACK_NAME.test(name))
}

/** A Host header in lower case, without its port. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(PORT, '')
}
