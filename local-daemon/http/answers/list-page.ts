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
  const { rows, ...end } = pageOf(read, { limit, cursor }, store, first)
  return (view) => JSON.stringify({ object: 'list', data: rows.map(view), ...end })
}

/** The same as data, for a list inside of something. */
export function pageOf<Row extends { readonly record_seq: number }>(
  read: (after: number, limit: number) => readonly Row[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  store: Pick<StoreReader, 'cursorAt' | 'placeOf'>,
  first = 0,
) {
  const after = cursor === undefined ? first : store.placeOf(cursor)
  const rows = read(after, limit + 1)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const more = rows.length > limit && last !== undefined
  const next = more ? store.cursorAt(last.record_seq) : null
  return { rows: page, has_more: more, next_cursor: next }
}
