/**
 * How a request came in. `socket` needs no bearer: the file's mode already let only its owner in. `proxy` came
 * over loopback as well, but by a reverse proxy, for somebody elsewhere.
 */
export type Via = 'socket' | 'loopback' | 'proxy' | 'tunnel'
