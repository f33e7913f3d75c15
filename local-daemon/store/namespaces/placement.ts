import { isNamespaceName } from '../../../protocol/identity/namespace-name.ts'
import { NAMESPACES_THREAD } from '../daemon-threads.ts'
import type { RecordDraft } from '../draft.ts'
import { isOwn, type Predecessors } from '../predecessors.ts'
import type { StoredRecord } from '../stored-record.ts'

/**
 * Where a thread is that was begun by a record from elsewhere which does not say so itself: without this record of the daemon,
 * nobody could tell from the records alone.
 */
export interface Placement {
  readonly thread: string
  readonly namespace: string
}

const TOPIC = 'thread_placed'

/** The LEARN record that states a placement, before the thread's first record. @param actor the daemon */
export function placementDraft(actor: string, { thread, namespace }: Placement): RecordDraft {
  return {
    parents: [],
    thread: NAMESPACES_THREAD,
    actor,
    act: 'LEARN',
    body: { topic: TOPIC, thread, namespace },
    data_type: 'SCALAR',
    judged_by: null,
  }
}

/** Undefined for any other record, and for one that the daemon did not write. */
export function readPlacement(
  record: StoredRecord,
  owner: string,
  predecessors: Predecessors,
): Placement | undefined {
  if (record.thread !== NAMESPACES_THREAD || !isOwn(record, owner, predecessors)) return undefined
  const { act, actor, body } = JSON.parse(record.raw) as Record<string, unknown>
  if (act !== 'LEARN' || actor !== record.origin) return undefined
  const { topic, thread, namespace } = body as Record<string, unknown>
  if (topic !== TOPIC || typeof thread !== 'string' || !isNamespaceName(namespace)) return undefined
  return { thread, namespace }
}
