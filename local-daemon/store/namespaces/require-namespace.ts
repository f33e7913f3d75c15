import { namespacesAbove } from '../../../protocol/identity/namespace-name.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { NamespaceRow } from '../rows.ts'

/** What tells the namespaces of a store. */
export interface NamespaceReader {
  namespace(name: string): NamespaceRow | undefined
}

/**
 * The namespace of this name, if one can write in it: it exists, and neither it nor one above it is archived. Throws
 * `ProblemError` `NAMESPACE_REJECTED`, which names the namespace that stands in the way and the command that helps.
 *
 * @param field what names it
 */
export function requireNamespace(
  store: NamespaceReader,
  name: string,
  field = 'body.namespace',
): NamespaceRow {
  requireAbove(store, name, field)
  return requireOpen(store, name, field)
}

/**
 * Checks what is above a name, which need not exist itself. Throws `ProblemError` `NAMESPACE_REJECTED`, which names the
 * namespace that stands in the way and the command that helps.
 */
export function requireAbove(store: NamespaceReader, name: string, field = 'body.namespace'): void {
  for (const above of namespacesAbove(name)) requireOpen(store, above, field)
}

/** The archived namespace that closes one, if any: itself, or one above it, the outermost. */
export function archivedWith(store: NamespaceReader, name: string): string | undefined {
  return [...namespacesAbove(name), name].find(
    (one) => typeof store.namespace(one)?.archived_at === 'number',
  )
}

function requireOpen(store: NamespaceReader, name: string, field: string): NamespaceRow {
  const row = store.namespace(name)
  if (row === undefined) {
    throw new ProblemError('NAMESPACE_REJECTED', `There is no namespace ${name} here`, {
      field,
      try: `Create it first, on the daemon’s machine or as admin: spl namespace create ${name}`,
    })
  }
  if (row.archived_at === null) return row
  throw new ProblemError(
    'NAMESPACE_REJECTED',
    `The namespace ${name} is archived: nothing is written in it and below it`,
    { field, try: `Write elsewhere, or as admin: spl namespace restore ${name}` },
  )
}
