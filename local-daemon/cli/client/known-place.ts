import type { z } from 'zod'
import { DEFAULT_NAMESPACE } from '../../../protocol/identity/namespace-name.ts'
import { closest } from '../../../protocol/http/closest.ts'
import type { ThreadState } from '../../http/schemas/find-schemas.ts'
import { CliError } from '../cli-error.ts'
import { collectPages } from './collect-pages.ts'
import type { DaemonClient } from './daemon-client.ts'

/** Where records are looked for. */
export interface Place {
  /** A whole id. */
  readonly thread?: string | undefined
  readonly namespace?: string | undefined
}

/**
 * Makes sure that records can be there: the namespace means something, and the thread exists for the caller and is in it. A
 * slip of the hand would look like a place without records.
 *
 * @throws CliError NAMESPACE_UNKNOWN, NOT_FOUND, THREAD_ELSEWHERE
 */
export async function requireKnownPlace(
  client: DaemonClient,
  { thread, namespace }: Place,
): Promise<void> {
  if (namespace !== undefined) await requireKnownNamespace(client, namespace)
  if (thread === undefined) return
  const known = await knownThread(client, thread)
  if (known === undefined || namespace === undefined) return
  const { namespace: actual } = known
  if (actual === namespace || actual?.startsWith(`${namespace}/`) === true) return
  throw new CliError(
    'THREAD_ELSEWHERE',
    `${thread} is not in the namespace ${namespace}`,
    `leave --namespace out${actual ? `: the thread is in ${actual}` : ''}`,
  )
}

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

/** Undefined if the bearer may not ask: one for `federation:manage` alone takes exports, and lists no threads. */
async function knownThread(
  client: DaemonClient,
  id: string,
): Promise<z.infer<typeof ThreadState> | undefined> {
  try {
    return await client.get(`/v1/threads/${encodeURIComponent(id)}/state?limit=1`)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    if (error.code === 'SCOPE_FORBIDDEN') return undefined
    if (error.code !== 'NOT_FOUND') throw error
    const meant = await closestThread(client, id)
    if (meant === undefined) throw error
    throw new CliError(
      'NOT_FOUND',
      `there is no thread ${id} here; did you mean ${meant}?`,
      'spl thread list shows all of them',
      error.exitCode,
    )
  }
}

/** Threads whose names are compared: more would take seconds. */
const COMPARED = 10_000

async function closestThread(client: DaemonClient, id: string): Promise<string | undefined> {
  // Nobody mistypes one of its digits.
  if (/^th_[0-9a-f]{64}$/u.test(id)) return undefined
  const { data } = await collectPages<{ id: string }>(client, '/v1/threads', COMPARED)
  return closest(
    id,
    data.map((one) => one.id),
  )
}
