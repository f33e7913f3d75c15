import { z } from 'zod'
import {
  DEFAULT_NAMESPACE,
  isNamespaceName,
  namespacesAbove,
} from '../../protocol/identity/namespace-name.ts'
import { NAMESPACES_THREAD } from '../store/daemon-threads.ts'
import type { RecordDraft } from '../store/draft.ts'
import { isOwn, NO_PREDECESSORS, type Predecessors } from '../store/predecessors.ts'
import type { StoredRecord } from '../store/stored-record.ts'
import type { Fold, FoldStatements } from '../store/transactor.ts'

const NamespaceBody = z.object({
  topic: z.literal('namespace_entry'),
  name: z.string().refine(isNamespaceName),
  status: z.enum(['active', 'archived']),
  description: z.string().nullable(),
  /** Unix time, seconds. */
  changed_at: z.int().nonnegative(),
})

/** What one record says of a namespace: its whole state from then on. */
export type NamespaceBody = z.infer<typeof NamespaceBody>

/** The LEARN record that states a namespace. */
export function namespaceDraft(actor: string, body: NamespaceBody): RecordDraft {
  return {
    parents: [],
    thread: NAMESPACES_THREAD,
    actor,
    act: 'LEARN',
    body: { ...body },
    data_type: 'SCALAR',
    judged_by: null,
  }
}

/**
 * Keeps the table of namespaces. The first record of a name makes it, each later one says how it is from then on. A record
 * that the daemon did not write, or that is malformed, changes nothing.
 */
export function namespaceFold(owner: string, predecessors: Predecessors = NO_PREDECESSORS): Fold {
  return {
    thread: NAMESPACES_THREAD,
    apply(tables, record) {
      const body = readNamespaceRecord(record, owner, predecessors)
      if (body !== undefined) applyBody(tables, body, record.seq)
    },
  }
}

function applyBody(tables: FoldStatements, body: NamespaceBody, seq: number): void {
  const { name, description, changed_at: at, status } = body
  const archivedAt = status === 'archived' ? at : null
  if (name === DEFAULT_NAMESPACE) return
  if (tables.namespaceByName.get(name) !== undefined) {
    tables.changeNamespace.run(description, archivedAt, name)
    return
  }
  const parent = namespacesAbove(name).at(-1)
  if (parent !== undefined && tables.namespaceByName.get(parent) === undefined) return
  tables.insertNamespace.run(seq + 1, name, description, at, archivedAt)
}

function readNamespaceRecord(
  record: StoredRecord,
  owner: string,
  predecessors: Predecessors,
): NamespaceBody | undefined {
  if (!isOwn(record, owner, predecessors)) return undefined
  const { act, actor, body } = JSON.parse(record.raw) as Record<string, unknown>
  if (act !== 'LEARN' || actor !== record.origin) return undefined
  return NamespaceBody.safeParse(body).data
}
