import { fields } from '../table.ts'
import { utcTime } from '../utc-time.ts'
import type { Account, Edge } from './answers.ts'
import { edgeText } from './edge-text.ts'

/** An account for people. */
export function accountFields(account: Account, edge?: Edge): string {
  return fields([
    ['Account', account.id],
    ['Name', account.name],
    ['DID', account.did],
    ['Scopes', account.scopes.join(', ')],
    ['Actors', account.actors.length === 0 ? undefined : account.actors.join(', ')],
    ['Namespace', account.namespace],
    ['Env', account.env],
    ['Active', account.active ? 'yes' : 'no'],
    ['Created', `${utcTime(account.created_at)} UTC`],
    ['Revoked', account.revoked_at === null ? undefined : `${utcTime(account.revoked_at)} UTC`],
    ['Reason', account.reason ?? undefined],
    ['Edge', edge && edgeText(edge)],
  ])
}
