import { isNamespaceName, NAMESPACE_RULE } from '../identity/namespace-name.ts'
import type { SplRecord } from './record-form.ts'

/** Why what a line says of its namespace cannot be. */
export interface NamespaceFault {
  readonly field: 'namespace'
  /** Goes on after the field. */
  readonly message: string
}

/**
 * The namespace that a line of an export says its record's thread is in; undefined if it says none. It is the word of the
 * exporter: no record of a thread but the first has to name it, and no signature of a record covers it.
 *
 * @param stated the line's member `namespace`
 */
export function statedNamespace(
  stated: unknown,
  { body }: Pick<SplRecord, 'body'>,
): string | undefined | NamespaceFault {
  if (stated === undefined) return undefined
  if (!isNamespaceName(stated)) return { field: 'namespace', message: NAMESPACE_RULE }
  if (!Object.hasOwn(body, 'namespace') || body['namespace'] === stated) return stated
  return { field: 'namespace', message: 'is another one than body.namespace of the record' }
}
