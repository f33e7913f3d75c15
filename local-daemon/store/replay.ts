import type { Fold, StoreTransactor } from './transactor.ts'

/** Applies a fold to every record of its thread, in order of arrival. The caller must have emptied its tables. */
export function replay(tx: StoreTransactor, { thread, apply }: Fold): void {
  let after = 0
  for (;;) {
    const page = tx.page({ thread }, after, tx.head(), Number.MAX_SAFE_INTEGER)
    for (const record of page.records) apply(tx.tables, record)
    after = page.records.at(-1)?.seq ?? after
    if (!page.cut) return
  }
}
