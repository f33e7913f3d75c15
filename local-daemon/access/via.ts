/**
 * How a request came in. `socket` needs no bearer: the file's mode lets only its owner in. `proxy` was forwarded
 * by a reverse proxy, for a client elsewhere. `network` came to an address beyond loopback, from any machine that
 * can reach it.
 */
export const VIAS = ['socket', 'loopback', 'network', 'proxy', 'tunnel'] as const
export type Via = (typeof VIAS)[number]

/** Whether the daemon's own port was called: then the daemon must check Host and Origin. */
export function isOwnPort(via: Via): boolean {
  return via === 'loopback' || via === 'network' || via === 'proxy'
}
