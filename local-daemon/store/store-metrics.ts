import type { Store } from './open-store.ts'
import { type Family, single } from '../../protocol/http/exposition.ts'

/** The store as metrics: what it has, and how often it is written. */
export class StoreMetrics {
  readonly #store: Store
  #commits = 0
  #appended = 0

  constructor(store: Store) {
    this.#store = store
    store.commits.add((records) => {
      this.#commits += 1
      this.#appended += records.length
    })
  }

  families(): Family[] {
    const store = this.#store
    const head = store.head()
    const search = store.searchIndex.status
    const { database_bytes, wal_bytes, free_bytes, ceiling_bytes, over_ceiling } = store.sizes.now()
    return [
      // Sequence numbers have no gaps and records are never removed, so counting needs no scan.
      single('spl_store_records', 'gauge', 'Records in the store.', head),
      single('spl_store_head_sequence', 'gauge', 'Sequence number of the newest record.', head),
      single('spl_store_commits_total', 'counter', 'Write transactions.', this.#commits),
      single('spl_store_appended_records_total', 'counter', 'Records appended.', this.#appended),
      {
        name: 'spl_store_bytes',
        type: 'gauge',
        help: 'Size of the files of the store; wal is the write-ahead log.',
        samples: [
          { labels: { file: 'database' }, value: database_bytes },
          { labels: { file: 'wal' }, value: wal_bytes },
        ],
      },
      single(
        'spl_search_index_bytes',
        'gauge',
        'Size of the files of the index of words.',
        search.bytes,
      ),
      single(
        'spl_search_index_behind',
        'gauge',
        'Records that the index of words does not have yet.',
        search.behind,
      ),
      single(
        'spl_store_free_bytes',
        'gauge',
        'Empty pages of the store, which are used before its file grows.',
        free_bytes,
      ),
      ...(ceiling_bytes === null
        ? []
        : [
            single(
              'spl_store_ceiling_bytes',
              'gauge',
              'Size at which the store takes no more records.',
              ceiling_bytes,
            ),
          ]),
      single(
        'spl_store_writable',
        'gauge',
        '1 while the store takes records, 0 while something keeps it from that.',
        store.trouble()?.stopsWrites === true || over_ceiling ? 0 : 1,
      ),
    ]
  }
}
