import { DEFAULT_NAMESPACE } from '../../../protocol/identity/namespace-name.ts'
import { isWithinReach, type Reach } from '../../../protocol/identity/reach.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { isDaemonThread } from '../../store/daemon-threads.ts'
import type { RecordDraft } from '../../store/draft.ts'
import type { AppendOptions } from '../../store/transactor.ts'
import type { StoreReader } from '../../store/reader.ts'
import type { Principal } from '../principal.ts'

/**
 * A check for the transaction that writes a record, before anything else in it: whether its writer reaches the thread. By its
 * first record a new thread gets its namespace. Undefined for a writer without a reach. There is one refusal for all, which
 * does not tell whether the thread exists; what can be judged by the name alone is refused at once.
 * @param stated where a line from elsewhere says that its thread is
 * @throws ProblemError REACH_FORBIDDEN, at once and in the check
 */
export function reachCheck(
  { reach }: Principal,
  { thread, body }: Pick<RecordDraft, 'thread' | 'body'>,
  stated?: string,
): AppendOptions['admit'] {
  if (reach === undefined) return undefined
  if (isDaemonThread(thread)) throw outOfReach()
  const begins = stated ?? namedIn(body)
  return (tx) => {
    if (!mayWrite(reach, thread, begins, tx)) throw outOfReach()
  }
}

function outOfReach(): ProblemError {
  return new ProblemError('REACH_FORBIDDEN', 'This bearer token does not reach that thread', {
    field: 'thread',
    try: 'Write within its reach, which spl status and GET /v1/identity show (spl intend --namespace), or ask the owner for another bearer token.',
  })
}

function mayWrite(
  reach: Reach,
  thread: string,
  /** The namespace of the thread, if the record begins it. */
  begins: string,
  store: Pick<StoreReader, 'namespaceOf'>,
): boolean {
  const namespace = store.namespaceOf(thread)
  if (namespace !== undefined) return isWithinReach(reach, thread, namespace)
  // Its first record puts it into a namespace, for all who reach that: a reach of the thread alone does not say which.
  const isNamed = begins === DEFAULT_NAMESPACE && isWithinReach(reach, thread, undefined)
  return isNamed || isWithinReach({ ...reach, threads: [] }, thread, begins)
}

/** The namespace of a thread that begins with this body. */
function namedIn(body: RecordDraft['body']): string {
  const named = Object.hasOwn(body, 'namespace') ? body['namespace'] : undefined
  return typeof named === 'string' ? named : DEFAULT_NAMESPACE
}
