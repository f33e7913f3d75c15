import type { StoreReader } from '../store/reader.ts'

/**
 * One page of rows that are all in memory, in order of the record that made them; the cursor is that record's
 * place, so a page stays right when rows are added.
 */
export function listPage<Row extends { readonly record_seq: number }>(
  rows: readonly Row[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  store: Pick<StoreReader, 'cursorAt' | 'placeOf'>,
): (view: (row: Row) => object) => string {
  const after = cursor === undefined ? 0 : store.placeOf(cursor)
  const left = rows.filter(({ record_seq }) => record_seq > after)
  const page = left.slice(0, limit)
  const last = page.at(-1)
  const more = left.length > limit && last !== undefined
  const next = more ? store.cursorAt(last.record_seq) : null
  return (view) =>
    JSON.stringify({ object: 'list', data: page.map(view), has_more: more, next_cursor: next })
}
