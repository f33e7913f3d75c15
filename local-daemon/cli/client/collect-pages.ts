import type { DaemonClient } from './daemon-client.ts'
import { showProgress } from '../output/progress.ts'

/** Largest page that the daemon gives. */
const PAGE_ITEMS = 1_000

/** The envelope of every list. */
export interface List<Item> {
  readonly object: 'list'
  readonly data: readonly Item[]
  readonly has_more: boolean
  readonly next_cursor: string | null
}

/**
 * Reads pages until there are `limit` items or no more; the result says whether something was left.
 *
 * @param filter further parameters of the query
 */
export function collectPages<Item>(
  client: DaemonClient,
  path: string,
  limit: number,
  filter: Readonly<Record<string, string>> = {},
): Promise<List<Item>> {
  return collectFrom<Item, List<Item>>((items, cursor) => {
    const query = new URLSearchParams({ ...filter, limit: String(items) })
    if (cursor !== null) query.set('cursor', cursor)
    return client.get(`${path}?${query}`)
  }, limit)
}

/** The same for any way to read a page: so many items behind a cursor; null: from the beginning. */
export async function collectFrom<Item, Page extends List<Item>>(
  read: (items: number, cursor: string | null) => Promise<Page>,
  limit: number,
  from: string | null = null,
): Promise<Page> {
  using progress = showProgress('reading')
  const data: Item[] = []
  let cursor = from
  for (;;) {
    const page: Page = await read(Math.min(limit - data.length, PAGE_ITEMS), cursor)
    data.push(...page.data)
    progress.count(data.length)
    cursor = page.next_cursor
    if (!page.has_more || data.length >= limit) return { ...page, data }
  }
}
