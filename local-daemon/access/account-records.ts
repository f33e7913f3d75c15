import { z } from 'zod'
import type { Reach } from '../../protocol/identity/reach.ts'
import { SCOPES } from '../../protocol/identity/scopes.ts'
import type { RecordDraft } from '../store/draft.ts'
import type { StoredRecord } from '../store/stored-record.ts'
import type { Fold, FoldStatements } from '../store/transactor.ts'
import { ACCOUNTS_THREAD } from '../store/daemon-threads.ts'
import type { EndedKind } from '../store/ended/ended.ts'
import { isOwn, NO_PREDECESSORS, type Predecessors } from '../store/predecessors.ts'

const Scopes = z.array(z.enum(SCOPES)).readonly()
const Seconds = z.int().nonnegative()
const Hash = z.string().regex(/^[0-9a-f]{64}$/)
/** Null, and absent in records from before there were any: everywhere. */
const StoredReach = z
  .object({ namespaces: z.array(z.string()).readonly(), threads: z.array(z.string()).readonly() })
  .readonly()
  .nullable()
  .default(null)
/** Absent in records from before accounts had them. */
const Place = {
  actors: z.array(z.string()).readonly().default([]),
  namespace: z.string().default('default'),
  env: z.string().default('prod'),
  reach: StoredReach,
}

const AccountBody = z.discriminatedUnion('topic', [
  z.object({
    topic: z.literal('service_account'),
    service_account_id: z.string(),
    name: z.string(),
    scopes: Scopes,
    ...Place,
    created_at: Seconds,
  }),
  z.object({
    topic: z.literal('service_account_revoked'),
    service_account_id: z.string(),
    reason: z.string().nullable(),
    revoked_at: Seconds,
  }),
  z.object({
    topic: z.literal('token'),
    token_id: Hash,
    service_account_id: z.string(),
    env: z.string(),
    scopes: Scopes,
    created_at: Seconds,
    expires_at: Seconds.nullable().default(null),
    reach: StoredReach,
  }),
  z.object({ topic: z.literal('token_revoked'), token_id: Hash, revoked_at: Seconds }),
  z.object({
    topic: z.literal('invite'),
    invite_id: Hash,
    device: z.string(),
    scopes: Scopes,
    ...Place,
    created_at: Seconds,
    expires_at: Seconds,
    issuer: Hash.nullable().default(null),
  }),
  z.object({ topic: z.literal('invite_revoked'), invite_id: Hash, revoked_at: Seconds }),
  z.object({ topic: z.literal('invite_redeemed'), invite_id: Hash, redeemed_at: Seconds }),
  // The first record of an identity that replaced another: it changes no table.
  z.object({
    topic: z.literal('succession'),
    predecessor: z.string(),
    successor: z.string(),
    signature: z.string(),
    succeeded_at: Seconds,
  }),
])
export type AccountBody = z.infer<typeof AccountBody>

/** The LEARN record that states a change of accounts. */
export function accountDraft(actor: string, body: AccountBody): RecordDraft {
  return {
    parents: [],
    thread: ACCOUNTS_THREAD,
    actor,
    act: 'LEARN',
    body: { ...body },
    data_type: 'SCALAR',
    judged_by: null,
  }
}

/**
 * Keeps the access tables. A record that the daemon did not write, or that is malformed, changes nothing:
 * the valid one before it keeps its effect.
 */
export function accountFold(owner: string, predecessors: Predecessors = NO_PREDECESSORS): Fold {
  return {
    thread: ACCOUNTS_THREAD,
    apply(tables, record) {
      const body = readAccountRecord(record, owner, predecessors)
      if (body !== undefined) applyBody(tables, body, record.seq)
    },
  }
}

/** What a record of the owner ends, if anything. */
export function endingOf(
  record: StoredRecord,
  owner: string,
): { readonly kind: EndedKind; readonly id: string } | undefined {
  const body = readAccountRecord(record, owner, NO_PREDECESSORS)
  switch (body?.topic) {
    case 'service_account_revoked':
      return { kind: 'accounts', id: body.service_account_id }
    case 'token_revoked':
      return { kind: 'tokens', id: body.token_id }
    case 'invite_revoked':
    case 'invite_redeemed':
      return { kind: 'invites', id: body.invite_id }
    default:
      return undefined
  }
}

function applyBody(tables: FoldStatements, body: AccountBody, seq: number): void {
  switch (body.topic) {
    case 'service_account': {
      const { service_account_id: id, name, scopes, actors, namespace, env } = body
      const [scopesJson, actorsJson] = [JSON.stringify(scopes), JSON.stringify(actors)]
      const place = [namespace, env, reachJson(body.reach)] as const
      tables.insertAccount.run(id, name, scopesJson, actorsJson, ...place, body.created_at, seq)
      return
    }
    case 'service_account_revoked':
      tables.revokeAccount.run(body.revoked_at, body.reason, body.service_account_id)
      return
    case 'token': {
      const { token_id, service_account_id, env, scopes, created_at, expires_at } = body
      const grant = [JSON.stringify(scopes), reachJson(body.reach)] as const
      const times = [created_at, expires_at, seq] as const
      tables.insertToken.run(token_id, env, ...grant, ...times, service_account_id)
      return
    }
    case 'token_revoked':
      tables.revokeToken.run(body.revoked_at, body.token_id)
      return
    case 'invite': {
      const { invite_id: id, device, scopes, actors, namespace, env, created_at } = body
      const [scopesJson, actorsJson] = [JSON.stringify(scopes), JSON.stringify(actors)]
      const place = [namespace, env, reachJson(body.reach)] as const
      const times = [created_at, body.expires_at, body.issuer, seq] as const
      tables.insertInvite.run(id, device, scopesJson, actorsJson, ...place, ...times)
      return
    }
    case 'invite_revoked':
      tables.revokeInvite.run(body.revoked_at, body.invite_id)
      return
    case 'invite_redeemed':
      tables.redeemInvite.run(body.redeemed_at, body.invite_id)
      return
    case 'succession':
  }
}

function reachJson(reach: Reach | null): string | null {
  return reach === null ? null : JSON.stringify(reach)
}

function readAccountRecord(
  record: StoredRecord,
  owner: string,
  predecessors: Predecessors,
): AccountBody | undefined {
  if (!isOwn(record, owner, predecessors)) return undefined
  const { act, actor, body } = JSON.parse(record.raw) as Record<string, unknown>
  if (act !== 'LEARN' || actor !== record.origin) return undefined
  return AccountBody.safeParse(body).data
}
