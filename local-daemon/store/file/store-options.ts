import type { ConnectionOptions } from './open-connection.ts'
import type { LineageOptions } from '../lineage/expectation.ts'
import type { Fold, LocalOrigin } from '../transactor.ts'
import type { TroubleListener } from '../trouble/store-state.ts'

/** What a store is opened with. */
export interface StoreOptions extends ConnectionOptions {
  /** Null keeps it in memory, until the process ends. */
  readonly path: string | null
  readonly origin: LocalOrigin
  /** What tables are kept from records. */
  readonly folds?: readonly Fold[]
  /** Remembers the store outside its file; without it, an older copy goes unnoticed. */
  readonly lineage?: LineageOptions
  /** Ids of records whose bodies were redacted: they are refused also by a store that never had them. */
  readonly withheld?: ReadonlySet<string>
  /** Called for each change of the trouble. */
  readonly onTrouble?: TroubleListener
  /** Called with the exception of a commit listener; without this, it is uncaught. Must not throw. */
  readonly onFault?: (error: unknown) => void
}
