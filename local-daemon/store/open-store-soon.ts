import { setTimeout as sleep } from 'node:timers/promises'
import { DAEMON_LIMITS } from '../home/limits.ts'
import { openStore, type Store, type StoreOptions } from './open-store.ts'
import { StoreOpenError } from './store-error.ts'

const PAUSE_MS = 50

/** As `openStore`, for a file that another program has locked for a moment: tries again for `DAEMON_LIMITS.storeBusyMs`. */
export async function openStoreSoon(options: StoreOptions): Promise<Store> {
  const until = performance.now() + DAEMON_LIMITS.storeBusyMs
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
