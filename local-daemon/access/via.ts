/**
 * How a request came in. `socket` needs no bearer: the file's mode already let only its owner in. `proxy` was passed
 * on by a reverse proxy, for somebody elsewhere. `network` came to an address beyond loopback, from any machine that
 * reaches it.
 */
export const VIAS = ['socket', 'loopback', 'network', 'proxy', 'tunnel'] as const
export type Via = (typeof VIAS)[number]

/** Whether the daemon's own port was called: Host and Origin then are its own to check. */
export function isOwnPort(via: Via): boolean {
  return via === 'loopback' || via === 'network' || via === 'proxy'
}
