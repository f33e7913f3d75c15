import type { Logger } from 'pino'
import type { EndedBook } from '../../access/ended/ended-book.ts'
import type { Backups } from '../../backup/backups.ts'
import type { Offsite } from '../../backup/offsite/offsite.ts'
import type { AppAccess } from '../app-access.ts'
import type { ListenHost } from '../../network/listen-host.ts'
import type { FeedHub } from '../../store/feed/feed-hub.ts'
import type { Observation } from '../observation.ts'
import type { PageMemory } from '../answers/page-memory.ts'
import type { Store } from '../../store/open-store.ts'
import type { RecordView } from '../../store/record-view.ts'
import type { StoredRecord } from '../../store/stored-record.ts'
import type { DaemonRouter, RouteContext } from '../router.ts'

/** The store without its reads of records: each route reads those through the view of its caller. */
export type StoreOfRoutes = Omit<
  Store,
  'record' | 'page' | 'thread' | 'threads' | 'namespaceOf' | 'namespaces'
>

/** What routes are made of. */
export interface RouteParts extends Omit<AppAccess, 'store'> {
  readonly store: StoreOfRoutes
  /** The records that a caller may see. */
  readonly viewOf: (c: RouteContext) => RecordView
  /** A record that its caller has just written, or written again: it may be told, though it may be none that the caller sees. */
  readonly written: (id: string) => StoredRecord | undefined
  readonly router: DaemonRouter
  readonly logger: Logger
  readonly hub: FeedHub
  readonly backups: Backups
  readonly offsite: Offsite
  /** Undefined for a store in memory. */
  readonly endedBook: Pick<EndedBook, 'failure'> | undefined
  readonly observation: Observation
  /** What large answers share. */
  readonly pages: PageMemory
  /** The instance's did:key. */
  readonly did: string
  /** Random, new at each start of the daemon. */
  readonly process: string
  /** Host of the gateway that the daemon connects to. */
  readonly publicHost: string | undefined
  /** Where the daemon's own port listens. */
  readonly listener: ListenHost
  /** Aborts when the daemon stops: streams and long polls end. */
  readonly stopping: AbortSignal
}
