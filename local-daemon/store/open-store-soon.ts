import { setTimeout as sleep } from 'node:timers/promises'
import { STORE_LIMITS } from './limits.ts'
import { openStore, type Store } from './open-store.ts'
import type { StoreOptions } from './file/store-options.ts'
import { StoreOpenError } from './store-error.ts'

const PAUSE_MS = 50

/** As `openStore`, for a file that another program locks for a moment: tries again for `STORE_LIMITS.storeBusyMs`. */
export async function openStoreSoon(options: StoreOptions): Promise<Store> {
  const until = performance.now() + STORE_LIMITS.storeBusyMs
  for (;;) {
    try {
      return openStore(options)
    } catch (error) {
      const isBusy = error instanceof StoreOpenError && error.code === 'STORE_BUSY'
      if (!isBusy || performance.now() > until) throw error
    }
    await sleep(PAUSE_MS)
  }
}
