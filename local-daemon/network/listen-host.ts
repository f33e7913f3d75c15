import { BlockList, isIP } from 'node:net'
import { StartError } from '../problem/start-error.ts'

/** Who can reach an address: only this machine, the members of a tailnet, or its private network. */
export type Exposure = 'loopback' | 'tailnet' | 'private'

/** An address that the daemon may listen on, in canonical spelling. */
export interface ListenHost {
  readonly address: string
  readonly exposure: Exposure
}

/** The safe ways to be reached from elsewhere, in the words of the guide "Exposing the daemon securely". */
const SAFE_WAYS = `choose one of the three safe ways:
  tailnet:  spl serve --daemon --host <the address that "tailscale ip -4" prints>
  TLS proxy in front of 127.0.0.1, such as Caddy:  <hostname> { reverse_proxy 127.0.0.1:9100 }
  tunnel to a gateway, no open port:  spl serve --daemon --gateway https://<hostname>`

/**
 * The address that a `--host` means, judged by its value, not by its spelling: `0`, `0x7f.1` and
 * `::ffff:10.0.0.1` are the addresses that the system would make of them. Loopback, tailnet and private addresses
 * pass. The daemon speaks plain HTTP, so a wildcard and public addresses do not; and link-local ones neither,
 * because they change, and those of IPv6 need a zone, which no URL can contain.
 *
 * @throws StartError HOST_INVALID, HOST_WILDCARD, HOST_LINK_LOCAL or HOST_PUBLIC
 */
export function parseListenHost(host: string): ListenHost {
  if (host === 'localhost') return { address: '127.0.0.1', exposure: 'loopback' }
  const address = canonical(host)
  if (address === undefined) {
    throw refused('HOST_INVALID', `takes an IP address or localhost, not ${JSON.stringify(host)}`)
  }
  const is = address === host ? host : `${host} is ${address}, which`
  for (const [exposure, list] of ALLOWED) if (has(list, address)) return { address, exposure }
  if (has(WILDCARD, address)) {
    throw refused('HOST_WILDCARD', `${is} offers plain HTTP on every network of this machine`)
  }
  if (has(LINK_LOCAL, address)) {
    throw refused('HOST_LINK_LOCAL', `${is} is a link-local address: it changes, or needs a zone`)
  }
  if (has(NO_HOST, address)) throw refused('HOST_INVALID', `${is} is the address of no machine`)
  throw refused('HOST_PUBLIC', `${is} offers plain HTTP on a public address`)
}

/** How a URL and a Host header write the address: IPv6 in brackets. */
export function urlHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

/** Who can reach an address in canonical spelling; undefined outside of private networks. */
export function reachOf(address: string): Exposure | 'link-local' | undefined {
  const [exposure] = ALLOWED.find(([, list]) => has(list, address)) ?? []
  return exposure ?? (has(LINK_LOCAL, address) ? 'link-local' : undefined)
}

/** Whether `--host` accepts this address of one of the machine's interfaces, besides loopback. */
export function isExposable(address: string): boolean {
  const reach = isIP(address) === 0 || address.includes('%') ? undefined : reachOf(address)
  return reach === 'tailnet' || reach === 'private'
}

const LOOPBACK = blockList(['127.0.0.0/8', '::1/128'])
/** Tailscale's addresses: the shared space of RFC 6598, and its own prefix of unique local addresses. */
const TAILNET = blockList(['100.64.0.0/10', 'fd7a:115c:a1e0::/48'])
/** RFC 1918 and RFC 4193. */
const PRIVATE = blockList(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'])
/** In this order: the tailnet's prefix lies within the private ones. */
const ALLOWED = [
  ['loopback', LOOPBACK],
  ['tailnet', TAILNET],
  ['private', PRIVATE],
] as const
const WILDCARD = blockList(['0.0.0.0/32', '::/128'])
const LINK_LOCAL = blockList(['169.254.0.0/16', 'fe80::/10'])
/** The rest of "this network", multicast, reserved and broadcast. */
const NO_HOST = blockList(['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', 'ff00::/8'])

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

function has(list: BlockList, address: string): boolean {
  return list.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
}

/**
 * The canonical spelling of an address; undefined for anything else. URLs know all the old spellings of IPv4, as the system's
 * resolver does (`0`, octal, fewer than four parts). An IPv4-mapped IPv6 address becomes the IPv4 address.
 */
function canonical(host: string): string | undefined {
  const [plain = ''] = host.split('%')
  // A zone names the link. Only link-local addresses need one, and these are refused by their value.
  if (plain !== host && !(isIP(plain) === 6 && has(LINK_LOCAL, plain))) return undefined
  if (!/^[0-9a-fx.:]+$/iu.test(plain)) return undefined
  const url = `http://${urlHost(plain)}/`
  const address = URL.canParse(url) ? new URL(url).hostname.replaceAll(/^\[|\]$/gu, '') : ''
  if (isIP(address) === 0) return undefined
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/u.exec(address) ?? []
  if (high === undefined || low === undefined) return address
  const halves = [high, low].map((half) => Number.parseInt(half, 16))
  return halves.flatMap((half) => [half >> 8, half & 0xff]).join('.')
}

function refused(code: string, what: string): StartError {
  return new StartError(code, `--host ${what}`, SAFE_WAYS, { isUsage: true })
}
