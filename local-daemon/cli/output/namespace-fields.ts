import type { Namespace } from '../client/answers.ts'
import { localTime } from './local-time.ts'
import { fields } from './table.ts'

/** A namespace for people. */
export function namespaceFields(namespace: Namespace): string {
  const { name, archived_with: closedBy, created_at: created, archived_at: archived } = namespace
  return fields([
    ['Namespace', name],
    ['Description', namespace.description ?? undefined],
    ['Status', namespace.status],
    ['Closed by', closedBy === null || closedBy === name ? undefined : closedBy],
    ['Threads', String(namespace.threads)],
    ['Records', String(namespace.records)],
    ['Created', created === null ? undefined : localTime(created)],
    ['Archived', archived === null ? undefined : localTime(archived)],
  ])
}
