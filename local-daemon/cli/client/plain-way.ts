import { lookup as lookupInDns } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { reachOf } from '../../network/listen-host.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'

/** The user's override: the public address belongs to a VPN. */
const ALLOW = 'SPL_ALLOW_PLAIN_HTTP'

/**
 * Looks at the way of a request that carries a secret: https passes, and plain http to this machine, a private network or a
 * tailnet. The addresses are judged that the connection is made to, so a name cannot change in between.
 *
 * @param lookup finds the address in place of the system
 * @returns the look-up to connect with; undefined for the system's
 * @throws CliError BEARER_IN_THE_CLEAR, also out of the look-up
 */
export function guardWay(
  origin: URL,
  lookup: LookupFunction | undefined,
): LookupFunction | undefined {
  if (origin.protocol === 'https:') return lookup
  const host = origin.hostname.replaceAll(/^\[|\]$/gu, '')
  if (isIP(host) !== 0) {
    checkAddresses(origin, [host])
    return lookup
  }
  const find = lookup ?? (lookupInDns as LookupFunction)
  return (name, options, done) =>
    find(name, options, (error, found, family) => {
      const addresses =
        typeof found === 'string' ? [found] : (found ?? []).map((one) => one.address)
      try {
        if (error === null) checkAddresses(origin, addresses)
        done(error, found, family)
      } catch (refusal) {
        done(refusal as CliError, '', 0)
      }
    })
}

/**
 * Refuses addresses that plain http may not go to with a secret.
 *
 * @throws CliError BEARER_IN_THE_CLEAR
 */
export function checkAddresses(origin: URL, addresses: readonly string[]): void {
  if (addresses.some((address) => reachOf(address) === undefined)) refuseClear(origin)
}

/**
 * Refuses plain http through a proxy: it could read the bearer, wherever the address is.
 *
 * @throws CliError BEARER_IN_THE_CLEAR
 */
export function refuseProxied(origin: URL): void {
  if (process.env[ALLOW] === '1') return
  const host = origin.hostname.replaceAll(/^\[|\]$/gu, '')
  if (isIP(host) !== 0 && reachOf(host) === undefined) return refuseClear(origin)
  throw new CliError(
    'BEARER_IN_THE_CLEAR',
    `${origin.origin} is plain http and the request would go through a proxy (SPL_PROXY or HTTP_PROXY), which could read the bearer token; nothing was sent`,
    `if ${host} is on your own network, connect without the proxy: NO_PROXY=${host} (or SPL_PROXY=off); otherwise use the https address`,
    EXIT_CODE.usage,
  )
}

/** @throws CliError BEARER_IN_THE_CLEAR unless SPL_ALLOW_PLAIN_HTTP=1 */
function refuseClear(origin: URL): void {
  if (process.env[ALLOW] === '1') return
  throw new CliError(
    'BEARER_IN_THE_CLEAR',
    `${origin.origin} is plain http to a public address: anyone on the network path could read the bearer token; nothing was sent`,
    `give the https address of your gateway or of a TLS proxy in front of the daemon; over a VPN: ${ALLOW}=1`,
    EXIT_CODE.usage,
  )
}
