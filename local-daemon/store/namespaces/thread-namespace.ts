import {
  DEFAULT_NAMESPACE,
  isNamespaceName,
  NAMESPACE_RULE,
} from '../../../protocol/identity/namespace-name.ts'
import type { SplRecord } from '../../../protocol/records/record.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { isDaemonThread } from '../daemon-threads.ts'
import type { Statements } from '../statements.ts'
import type { Placement } from './placement.ts'
import { type NamespaceReader, requireNamespace } from './require-namespace.ts'

/** The number of `default` in the table of namespaces. */
const DEFAULT = 1
/** Where the daemon's own threads are: in no namespace that anyone can name. */
const NOWHERE = 0

type Placed = Pick<SplRecord, 'thread' | 'body'>

/** That a record was written elsewhere, or here before, and is brought now. */
export interface Brought {
  /** Where whoever brings it says that its thread is; undefined if nobody does. */
  readonly namespace: string | undefined
}

/**
 * The number of the namespace that a record belongs to, for the transaction that writes it: its thread's, else the one that it
 * names, else what its bringer says, else for a new record `default`. Nobody knows of a record that is brought whether it is the
 * first of its thread. So it begins none in `default` by saying nothing, and none that is here follows what its bringer says.
 *
 * Throws `ProblemError`, before anything is written: `INVALID_RECORD` for something that is no name, `NAMESPACE_REJECTED` for a
 * namespace that is missing, archived, unknown, or another than the thread's.
 *
 * @param brought undefined for a new record of this home
 */
export function namespaceToWrite(
  statements: Pick<Statements, 'namespaceOfThread'>,
  store: NamespaceReader,
  { thread, body }: Placed,
  brought?: Brought,
): number {
  if (isDaemonThread(thread)) return NOWHERE
  const named = namedIn(body)
  const stated = brought?.namespace
  const field = stated === undefined ? 'body.namespace' : 'namespace'
  if (named !== undefined && !isNamespaceName(named)) {
    throw new ProblemError('INVALID_RECORD', `body.namespace ${NAMESPACE_RULE}`, {
      field: 'body.namespace',
      try: 'Name a namespace of spl namespace list, or leave body.namespace out.',
    })
  }
  const known = statements.namespaceOfThread.get(thread)
  if (known === undefined) {
    const begins = named ?? stated
    if (begins === undefined && brought !== undefined) throw unknownPlace(thread)
    return begins === undefined ? DEFAULT : requireNamespace(store, begins, field).id
  }
  if (known.name === null)
    throw new ProblemError('STORE_DAMAGED', `The namespace of ${thread} is missing`, {
      try: 'At home: spl verify',
    })
  if (stated !== undefined && stated !== known.name) {
    throw new ProblemError('NAMESPACE_REJECTED', staysIn(thread, known.name), {
      field,
      try: 'It does not move. To take its records in there all the same, leave namespace out of these lines.',
    })
  }
  if (known.id === DEFAULT && (named === undefined || named === DEFAULT_NAMESPACE)) return DEFAULT
  if (named !== undefined && named !== known.name) {
    throw new ProblemError('NAMESPACE_REJECTED', staysIn(thread, known.name), {
      field: 'body.namespace',
      try: 'Leave body.namespace out, or begin another thread.',
    })
  }
  return requireNamespace(store, known.name, field).id
}

/**
 * The same for a record that was written already: nothing of it is refused, so a rebuild gives the same numbers.
 *
 * @param placed what a `Placement` has said of its thread
 */
export function namespaceAsWritten(
  statements: Pick<Statements, 'namespaceOfThread' | 'namespaceByName'>,
  { thread, body }: Placed,
  placed?: string,
): number {
  if (isDaemonThread(thread)) return NOWHERE
  const known = statements.namespaceOfThread.get(thread)
  if (known !== undefined) return known.id
  const named = namedIn(body) ?? placed
  const row = isNamespaceName(named) ? statements.namespaceByName.get(named) : undefined
  return row?.id ?? DEFAULT
}

/** What has to be noted before a record that is brought is written: it begins a thread, and does not say itself where. */
export function placementOf(
  statements: Pick<Statements, 'namespaceOfThread'>,
  { thread, body }: Placed,
  { namespace }: Brought,
): Placement | undefined {
  if (namespace === undefined || namespace === DEFAULT_NAMESPACE) return undefined
  if (isDaemonThread(thread) || namedIn(body) !== undefined) return undefined
  return statements.namespaceOfThread.get(thread) === undefined ? { thread, namespace } : undefined
}

function staysIn(thread: string, name: string): string {
  return `The thread ${thread} is in the namespace ${name}, and stays there`
}

function unknownPlace(thread: string): ProblemError {
  return new ProblemError(
    'NAMESPACE_REJECTED',
    `Nothing says in which namespace the thread ${thread} belongs`,
    {
      field: 'namespace',
      try: 'Send lines as an export has them: each says the namespace of its thread. Or begin the thread with a new record.',
    },
  )
}

function namedIn(body: Placed['body']): unknown {
  return Object.hasOwn(body, 'namespace') ? body['namespace'] : undefined
}
