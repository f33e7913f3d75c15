import type { AppAccess } from '../app-access.ts'
import type { ListenHost } from '../../network/listen-host.ts'
import type { FeedHub } from '../../store/feed/feed-hub.ts'
import type { Observation } from '../observation.ts'
import type { PageMemory } from '../answers/page-memory.ts'
import type { DaemonRouter } from '../router.ts'

/** What routes are made of. */
export interface RouteParts extends AppAccess {
  readonly router: DaemonRouter
  readonly hub: FeedHub
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
