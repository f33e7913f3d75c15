import type { StoreReader } from '../../store/reader.ts'

/**
 * One page of rows in order of the record that made them; the cursor is that record's place, so a page stays right when rows
 * are added.
 * @param read rows after a sequence number, at most so many
 * @param first after which the first page begins
 */
export function listPage<Row extends { readonly record_seq: number }>(
  read: (after: number, limit: number) => readonly Row[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  store: Pick<StoreReader, 'cursorAt' | 'placeOf'>,
  first = 0,
): (view: (row: Row) => object) => string {
  const after = cursor === undefined ? first : store.placeOf(cursor)
  const rows = read(after, limit + 1)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const more = rows.length > limit && last !== undefined
  const next = more ? store.cursorAt(last.record_seq) : null
  return (view) =>
    JSON.stringify({ object: 'list', data: page.map(view), has_more: more, next_cursor: next })
}
