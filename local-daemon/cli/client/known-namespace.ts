import { DEFAULT_NAMESPACE } from '../../../protocol/identity/namespace-name.ts'
import { closest } from '../../../protocol/http/closest.ts'
import { CliError } from '../cli-error.ts'
import { collectPages } from './collect-pages.ts'
import type { DaemonClient } from './daemon-client.ts'

/**
 * Makes sure that a namespace means something here: that it was made, or that a thread says it is in it, as one from elsewhere
 * may. A slip of the hand would look like an empty one.
 *
 * @throws CliError NAMESPACE_UNKNOWN
 */
export async function requireKnownNamespace(client: DaemonClient, name: string): Promise<void> {
  if (name === DEFAULT_NAMESPACE) return
  const all = Number.POSITIVE_INFINITY
  const made = await collectPages<{ name: string }>(client, '/v1/namespaces', all)
  const names = made.data.map((one) => one.name)
  if (names.some((one) => one === name || one.startsWith(`${name}/`))) return
  const threads = await collectPages(client, '/v1/threads', 1, { namespace: name })
  if (threads.data.length > 0) return
  const meant = closest(name, names)
  throw new CliError(
    'NAMESPACE_UNKNOWN',
    `there is no namespace ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    'spl namespace list shows all of them',
  )
}
