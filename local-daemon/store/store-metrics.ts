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
    return [
      // Sequence numbers have no gaps and records are never removed, so counting needs no scan.
      single('spl_store_records', 'gauge', 'Records in the store.', head),
      single('spl_store_head_sequence', 'gauge', 'Sequence number of the newest record.', head),
      single('spl_store_commits_total', 'counter', 'Write transactions.', this.#commits),
      single('spl_store_appended_records_total', 'counter', 'Records appended.', this.#appended),
      single(
        'spl_store_writable',
        'gauge',
        '1 while the store takes records, 0 while something keeps it from that.',
        store.trouble()?.stopsWrites === true ? 0 : 1,
      ),
    ]
  }
}
