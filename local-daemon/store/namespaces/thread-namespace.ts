import {
  DEFAULT_NAMESPACE,
  isNamespaceName,
  NAMESPACE_RULE,
} from '../../../protocol/identity/namespace-name.ts'
import type { SplRecord } from '../../../protocol/records/record.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { isDaemonThread } from '../daemon-threads.ts'
import type { Statements } from '../statements.ts'
import { type NamespaceReader, requireNamespace } from './require-namespace.ts'

/** The number of `default` in the table of namespaces. */
const DEFAULT = 1
/** Where the daemon's own threads are: in no namespace that anyone can name. */
const NOWHERE = 0

type Placed = Pick<SplRecord, 'thread' | 'body'>

/**
 * The number of the namespace that a record belongs to, for the transaction that writes it: its thread's, else the one that it
 * names, else `default`. Throws `ProblemError`, before anything is written: `INVALID_RECORD` for something that is no name,
 * `NAMESPACE_REJECTED` for a namespace that is missing, archived, or another than the thread's.
 */
export function namespaceToWrite(
  statements: Pick<Statements, 'namespaceOfThread'>,
  store: NamespaceReader,
  { thread, body }: Placed,
): number {
  if (isDaemonThread(thread)) return NOWHERE
  const named = namedIn(body)
  if (named !== undefined && !isNamespaceName(named)) {
    throw new ProblemError('INVALID_RECORD', `body.namespace ${NAMESPACE_RULE}`, {
      field: 'body.namespace',
      try: 'Name a namespace of spl namespace list, or leave body.namespace out.',
    })
  }
  const known = statements.namespaceOfThread.get(thread)
  if (known === undefined) {
    return named === undefined ? DEFAULT : requireNamespace(store, named).id
  }
  if (known.name === null)
    throw new ProblemError('STORE_DAMAGED', `The namespace of ${thread} is missing`, {
      try: 'At home: spl verify',
    })
  if (known.id === DEFAULT && (named === undefined || named === DEFAULT_NAMESPACE)) return DEFAULT
  if (named !== undefined && named !== known.name) {
    throw new ProblemError(
      'NAMESPACE_REJECTED',
      `The thread ${thread} is in the namespace ${known.name}, and stays there`,
      { field: 'body.namespace', try: 'Leave body.namespace out, or begin another thread.' },
    )
  }
  return requireNamespace(store, known.name).id
}

/** The same for a record that was written already: nothing of it is refused, so a rebuild gives the same numbers. */
export function namespaceAsWritten(
  statements: Pick<Statements, 'namespaceOfThread' | 'namespaceByName'>,
  { thread, body }: Placed,
): number {
  if (isDaemonThread(thread)) return NOWHERE
  const known = statements.namespaceOfThread.get(thread)
  if (known !== undefined) return known.id
  const named = namedIn(body)
  const row = isNamespaceName(named) ? statements.namespaceByName.get(named) : undefined
  return row?.id ?? DEFAULT
}

function namedIn(body: Placed['body']): unknown {
  return Object.hasOwn(body, 'namespace') ? body['namespace'] : undefined
}
