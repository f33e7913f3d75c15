import { parseReach, type Reach } from '../../../protocol/identity/reach.ts'
import { CliError } from '../cli-error.ts'
import { warn } from '../output/output.ts'
import type { DaemonClient } from './daemon-client.ts'
import { requireKnownNamespace } from './known-place.ts'

/**
 * The reach of a new bearer, from its entries. Warns of each namespace that is not there: it may be made later, or be a slip
 * of the hand, and then the bearer reaches nothing until somebody else makes it.
 */
export async function newReach(
  client: DaemonClient,
  entries: readonly string[] | undefined,
): Promise<Reach | undefined> {
  if (entries === undefined) return undefined
  const reach = parseReach(entries)
  for (const name of reach.namespaces) {
    try {
      await requireKnownNamespace(client, name)
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'NAMESPACE_UNKNOWN') throw error
      warn(`${error.message}: nothing is there to reach until it is made`)
    }
  }
  return reach
}
