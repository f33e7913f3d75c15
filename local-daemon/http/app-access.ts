import type { Accounts } from '../access/accounts.ts'
import type { Authorise } from '../access/authorise.ts'
import type { Bootstrap } from '../access/bootstrap.ts'
import type { StreamGrantWatch } from '../access/stream-grant-watch.ts'
import type { Identity } from '../access/identity/identity.ts'
import type { Namespaces } from '../access/namespaces.ts'
import type { Invites } from '../access/invites.ts'
import type { StreamResumption } from '../access/stream-resumption.ts'
import type { StreamTickets } from '../access/stream-tickets.ts'
import type { TokenUses } from '../access/token-uses.ts'
import type { EdgeLink } from '../edge/edge-link.ts'
import type { Settings } from '../settings/settings.ts'
import type { Store } from '../store/open-store.ts'

/** What the daemon knows about who may do what. */
export interface AppAccess {
  readonly store: Store
  readonly identity: Identity
  readonly settings: Settings
  readonly authorise: Authorise
  readonly accounts: Accounts
  readonly invites: Invites
  readonly namespaces: Namespaces
  readonly tickets: StreamTickets
  readonly resumption: StreamResumption
  readonly grants: StreamGrantWatch
  readonly bootstrap: Bootstrap
  readonly edge: EdgeLink
  readonly uses: TokenUses
}
