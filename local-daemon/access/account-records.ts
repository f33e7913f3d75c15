import { z } from 'zod'
import { SCOPES } from '../../protocol/scopes.ts'
import type { RecordDraft } from '../store/draft.ts'
import type { StoredRecord } from '../store/stored-record.ts'
import type { AccessStatements } from '../store/transactor.ts'

/** Service accounts and tokens, as records that only the daemon itself writes. No secret is in them. */
export const ACCOUNTS_THREAD = 'th_service_accounts'

const Scopes = z.array(z.enum(SCOPES)).readonly()
const Seconds = z.int().nonnegative()
const TokenId = z.string().regex(/^[0-9a-f]{64}$/)

const AccountBody = z.discriminatedUnion('topic', [
  z.object({
    topic: z.literal('service_account'),
    service_account_id: z.string(),
    name: z.string(),
    scopes: Scopes,
    created_at: Seconds,
  }),
  z.object({
    topic: z.literal('token'),
    token_id: TokenId,
    service_account_id: z.string(),
    env: z.string(),
    scopes: Scopes,
    created_at: Seconds,
  }),
  z.object({ topic: z.literal('token_revoked'), token_id: TokenId, revoked_at: Seconds }),
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
 * Brings the tables up to a record of the accounts' thread. Used for each new record and, from the first
 * to the last, for a rebuild, so that both ways end in the same tables. A record that the daemon did not
 * write, or that has another form, changes nothing: the valid one before it keeps its effect.
 */
export function applyAccountRecord(
  access: AccessStatements,
  record: StoredRecord,
  owner: string,
): void {
  const body = readAccountRecord(record, owner)
  if (body === undefined) return
  const { seq } = record
  if (body.topic === 'token_revoked') {
    access.revokeToken.run(body.revoked_at, body.token_id)
    return
  }
  const scopes = JSON.stringify(body.scopes)
  if (body.topic === 'service_account') {
    access.insertAccount.run(body.service_account_id, body.name, scopes, body.created_at, seq)
  } else {
    const { token_id, service_account_id, env, created_at } = body
    access.insertToken.run(token_id, env, scopes, created_at, seq, service_account_id)
  }
}

function readAccountRecord(record: StoredRecord, owner: string): AccountBody | undefined {
  if (record.thread !== ACCOUNTS_THREAD || record.origin !== owner) return undefined
  const { act, actor, body } = JSON.parse(record.raw) as Record<string, unknown>
  if (act !== 'LEARN' || actor !== owner) return undefined
  return AccountBody.safeParse(body).data
}
