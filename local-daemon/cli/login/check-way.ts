import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { warn } from '../output.ts'

/**
 * Looks at the way to an address before a code or a bearer goes there. https passes, and plain http on this machine;
 * to a private network or a tailnet it passes with a warning, and to anywhere else not at all.
 *
 * @throws CliError LOGIN_IN_THE_CLEAR, DAEMON_UNREACHABLE for a name that nobody knows
 */
export async function checkWay(url: URL): Promise<void> {
  if (url.protocol === 'https:') return
  const addresses = await addressesOf(url)
  if (addresses.every((address) => has(LOOPBACK, address))) return
  if (!addresses.every((address) => has(LOOPBACK, address) || has(PRIVATE, address))) {
    throw new CliError(
      'LOGIN_IN_THE_CLEAR',
      `${url.origin} is plain http to a public address: whoever is on the way gets the bearer`,
      'give the https address: of your gateway, or of a TLS proxy in front of the daemon',
      EXIT_CODE.usage,
    )
  }
  warn(
    `${url.origin} is plain http: whoever is on the way can read the bearer, unless the way is a tailnet or another VPN`,
  )
}

async function addressesOf(url: URL): Promise<string[]> {
  const host = url.hostname.replaceAll(/^\[|\]$/gu, '')
  if (isIP(host) !== 0) return [host]
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address)
  } catch (cause) {
    throw new CliError(
      'DAEMON_UNREACHABLE',
      `nobody knows the name ${host}: ${(cause as Error).message}`,
      'check the address',
      EXIT_CODE.unreachable,
      { cause },
    )
  }
}

const LOOPBACK = blockList(['127.0.0.0/8', '::1/128'])
/** RFC 1918, RFC 4193, link-local addresses, and the shared space of RFC 6598 that tailnets use. */
const PRIVATE = blockList([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
])

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

function has(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
