import { fields } from './table.ts'
import { reachText } from './reach-text.ts'
import { localTime } from './local-time.ts'
import type { Account, Edge } from '../client/answers.ts'
import { gatewayText } from './gateway-text.ts'

/** An account for people. */
export function accountFields(account: Account, edge?: Edge): string {
  return fields([
    ['Account', account.id],
    ['Name', account.name],
    ['DID', account.did],
    ['Scopes', account.scopes.join(', ')],
    ['Reach', reachText(account.reach)],
    ['Actors', account.actors.length === 0 ? undefined : account.actors.join(', ')],
    ['Namespace', account.namespace],
    ['Env', account.env],
    ['Active', account.active ? 'yes' : 'no'],
    ['Created', localTime(account.created_at)],
    ['Revoked', account.revoked_at === null ? undefined : localTime(account.revoked_at)],
    ['Reason', account.reason ?? undefined],
    ['Gateway', edge && gatewayText(edge)],
  ])
}
