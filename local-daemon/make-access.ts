import type { Logger } from 'pino'
import { EdgeLink } from './edge/edge-link.ts'
import { Settings } from './settings/settings.ts'
import type { Store } from './store/open-store.ts'
import type { AppAccess } from './http/app-access.ts'
import { Accounts } from './access/accounts.ts'
import { Authorise } from './access/authorise.ts'
import { BearerCheck } from './access/bearer.ts'
import { Bootstrap } from './access/bootstrap.ts'
import { StreamGrantWatch } from './access/stream-grant-watch.ts'
import type { Identity } from './access/identity/identity.ts'
import { Namespaces } from './access/namespaces.ts'
import { Invites } from './access/invites.ts'
import { StreamResumption } from './access/stream-resumption.ts'
import { StreamTickets } from './access/stream-tickets.ts'
import { TokenUses } from './access/token-uses.ts'

export interface AccessParts {
  readonly store: Store
  readonly identity: Identity
  readonly logger: Logger
  /** No bearer on loopback. */
  readonly insecure: boolean
  readonly bootstrapToken: string | undefined
  /** Identities that this one replaced, the newest first. */
  readonly lineage?: readonly string[]
}

/** Everything that decides who may do what, over one store. */
export function makeAccess(parts: AccessParts): AppAccess {
  const { store, identity, logger, insecure, bootstrapToken, lineage = [] } = parts
  // In this order: each one hears of a commit after those that it depends on.
  const settings = new Settings({
    store,
    owner: identity.did,
    lineage,
    warn: (message, record) => logger.warn({ record }, `setting ignored: ${message}`),
  })
  const uses = new TokenUses(store)
  const bearers = new BearerCheck(store, identity, uses)
  const tickets = new StreamTickets(identity)
  const resumption = new StreamResumption(identity, bearers)
  const authorise = new Authorise({
    bearers,
    tickets,
    resumption,
    settings,
    insecureLocalhost: insecure,
  })
  const grants = new StreamGrantWatch(store, authorise)
  const edge = new EdgeLink(store, settings)
  const accounts = new Accounts(store, identity, lineage)
  return {
    store,
    identity,
    settings,
    accounts,
    namespaces: new Namespaces(store, identity, lineage),
    tickets,
    resumption,
    grants,
    edge,
    uses,
    invites: new Invites(store, identity, accounts),
    bootstrap: new Bootstrap(store, accounts, bootstrapToken),
    authorise,
  }
}
