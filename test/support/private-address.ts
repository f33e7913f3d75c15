import { ownAddresses } from '../../local-daemon/http/connection/listen-failure.ts'

/**
 * An address of this machine that other machines of a private network reach. Any container and nearly every network has
 * one. Without one it is undefined and says so; under CI that is an error, because the tests that need one would not run.
 */
export const PRIVATE_ADDRESS: string | undefined = find()

function find(): string | undefined {
  const address = ownAddresses().find(({ exposure }) => exposure === 'private')?.address
  if (address !== undefined) return address
  const lack = 'this machine has no private address (10/8, 172.16/12, 192.168/16, fc00::/7)'
  if (process.env['CI'] === 'true') throw new Error(`${lack}; give one to an interface`)
  process.stderr.write(`${lack}: tests of the network door are left out\n`)
  return undefined
}
