import type { FeedHub } from '../../store/feed-hub.ts'
import type { Store } from '../../store/open-store.ts'
import type { DaemonRouter } from '../router.ts'

/** What routes are made of. */
export interface RouteParts {
  readonly router: DaemonRouter
  readonly store: Store
  readonly hub: FeedHub
  /** The instance's did:key. */
  readonly did: string
  /** Aborts when the daemon stops: streams and long polls end. */
  readonly stopping: AbortSignal
}
