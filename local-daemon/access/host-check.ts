/** A Host header, with or without a port. */
const PORT = /:(?:0|[1-9][0-9]{0,4})$/
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whether a loopback request names this machine. A page on the web can point its own name at 127.0.0.1
 * (DNS rebinding) and is then same-origin to itself; its Host header still gives it away.
 */
export function isLoopbackHost(host: string | null): boolean {
  return host !== null && LOOPBACK_NAMES.has(hostName(host))
}

/** A Host header in lower case, without its port. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(PORT, '')
}
