import { addBackups } from './backups.ts'
import { addBootstrap } from './bootstrap.ts'
import { addCapabilities } from './capabilities.ts'
import { addConfig } from './config.ts'
import { addConnection } from './connection.ts'
import { addEngineHealth } from './engine-health.ts'
import { addGetRecord } from './get-record.ts'
import { addHealth } from './health.ts'
import { addIdentity } from './identity.ts'
import { addIdentityProof } from './identity-proof.ts'
import { addInvites } from './invites.ts'
import { addListRecords } from './list-records.ts'
import { addListThreads } from './list-threads.ts'
import { addMetrics } from './metrics.ts'
import { addNamespaces } from './namespaces.ts'
import { addOpenApi } from './openapi.ts'
import { addPostRecord } from './post-record.ts'
import { addQueryRecords } from './query-records.ts'
import { addRedactRecord } from './redact-record.ts'
import { addSearch } from './search.ts'
import { addSearchRebuild } from './search-rebuild.ts'
import { addServiceAccounts } from './service-accounts.ts'
import { addStreamTickets } from './stream-tickets.ts'
import { addSync } from './sync.ts'
import { addThreadState } from './thread-state.ts'
import { addTokens } from './tokens.ts'
import { addTunnel } from './tunnel.ts'
import type { RouteParts } from './route-parts.ts'

/** Every route of the daemon. */
export function addRoutes(parts: RouteParts): void {
  addHealth(parts)
  addCapabilities(parts)
  addIdentity(parts)
  addIdentityProof(parts)
  addPostRecord(parts)
  addGetRecord(parts)
  addRedactRecord(parts)
  addListRecords(parts)
  addQueryRecords(parts)
  addSearch(parts)
  addSearchRebuild(parts)
  addListThreads(parts)
  addThreadState(parts)
  addSync(parts)
  addStreamTickets(parts)
  addBootstrap(parts)
  addServiceAccounts(parts)
  addTokens(parts)
  addInvites(parts)
  addNamespaces(parts)
  addConfig(parts)
  addConnection(parts)
  addTunnel(parts)
  addEngineHealth(parts)
  addBackups(parts)
  addMetrics(parts)
  addOpenApi(parts)
}
