import type { Store } from '../store/open-store.ts'
import { StoreOpenError } from '../store/store-error.ts'
import { ACCOUNTS_THREAD } from '../store/daemon-threads.ts'

/** An empty table of accounts beside records of them would refuse everyone, or let a new first account in. Throws `StoreOpenError`. */
export function refuseLostAccounts(store: Store): void {
  if (store.accounts(0, 1).length > 0 || store.thread(ACCOUNTS_THREAD) === undefined) return
  throw new StoreOpenError(
    'STORE_DAMAGED',
    'The store is damaged: its table of accounts is empty, and the records of accounts are there',
    'spl verify names what is wrong. Put back a copy of the store with its -wal.',
  )
}
