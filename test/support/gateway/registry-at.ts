import type { DaemonClient } from '../../../local-daemon/cli/client/daemon-client.ts'
import { registryClient } from '../../../local-daemon/cli/gateway/registry/registry-client.ts'
import { signRegistryRequest } from '../../../protocol/identity/registry-request.ts'
import { HERE } from './a-team.ts'
import type { TestIdentity } from '../test-identity.ts'

/**
 * The command line's client of a registry. It resolves every name to this machine.
 * @param choose which challenge is signed, for one that was given
 */
export function registryAt(
  url: string,
  identity: TestIdentity,
  choose: (given: string) => string = (given) => given,
): DaemonClient {
  const origin = new URL(url)
  return registryClient({ origin, lookup: HERE }, async ({ method, path, body }, challenge) => {
    const request = { method, authority: origin.host, target: path, body }
    return { ...(await signRegistryRequest(request, choose(challenge), identity)) }
  })
}
