import { type ListenHost, urlHost } from '../config/listen-host.ts'

/** A Host header, with or without a port. */
const PORT = /:(?:0|[1-9][0-9]{0,4})$/
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whether a Host header names the listener that was called: its address, and for one on loopback the names of loopback.
 * A page on the web can point its own name at any address (DNS rebinding) and is then same-origin to itself; its Host
 * header still gives it away.
 */
export function namesListener(host: string | null, { address, exposure }: ListenHost): boolean {
  if (host === null) return false
  const name = hostName(host)
  return name === urlHost(address) || (exposure === 'loopback' && LOOPBACK_NAMES.has(name))
}

/** A Host header in lower case, without its port. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(PORT, '')
}
