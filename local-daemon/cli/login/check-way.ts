import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { noAddress } from '../../network/no-address.ts'
import { reachOf } from '../../network/listen-host.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { warn } from '../output/output.ts'
import { checkAddresses } from '../client/plain-way.ts'

/**
 * Looks at the way to an address before a code or a bearer goes there. https passes, and plain http on this machine;
 * to a private network or a tailnet it passes with a warning, and to anywhere else not at all.
 *
 * @throws CliError BEARER_IN_THE_CLEAR, DAEMON_UNREACHABLE for a name that nobody knows
 */
export async function checkWay(url: URL): Promise<void> {
  if (url.protocol === 'https:') return
  const addresses = await addressesOf(url)
  checkAddresses(url, addresses)
  const reaches = addresses.map(reachOf)
  if (reaches.every((reach) => reach === 'loopback')) return
  warn(
    `${url.origin} is plain http: anyone on the way can read the bearer token, unless the way is a tailnet or another VPN`,
  )
}

async function addressesOf(url: URL): Promise<string[]> {
  const host = url.hostname.replaceAll(/^\[|\]$/gu, '')
  if (isIP(host) !== 0) return [host]
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address)
  } catch (cause) {
    const unnamed = noAddress(host, cause)
    throw new CliError(
      'DAEMON_UNREACHABLE',
      unnamed?.message ?? `cannot look up ${host}: ${(cause as Error).message}`,
      unnamed?.next ?? 'check the address',
      EXIT_CODE.unreachable,
      { cause },
    )
  }
}
