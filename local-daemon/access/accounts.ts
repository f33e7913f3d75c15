import { randomBytes } from 'node:crypto'
import { mintTokenPayload, tokenId } from '../../protocol/token.ts'
import type { Scope } from '../../protocol/scopes.ts'
import type { Store } from '../store/open-store.ts'
import type { StoreTransactor } from '../store/transactor.ts'
import {
  type AccountBody,
  accountDraft,
  ACCOUNTS_THREAD,
  applyAccountRecord,
} from './account-records.ts'
import type { Identity } from './identity.ts'

/** Deployment tag of tokens, where nothing else is said. */
const ENV = 'prod'
/** Crockford base32 in lower case: no i, l, o, u. */
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

/** What a service account is made with. */
export interface AccountRequest {
  readonly name: string
  /** What its token may do. */
  readonly scopes: readonly Scope[]
}

/**
 * On the first start makes the service account "admin" with one token, and returns that token: it is
 * never shown again, the store keeps its hash only. Undefined on every later start.
 */
export async function ensureAdmin(store: Store, identity: Identity): Promise<string | undefined> {
  if (store.accounts().length > 0) return undefined
  return createAccount(store, identity, { name: 'admin', scopes: ['admin'] })
}

/** Makes a service account with one token and returns that token, the only time that it is seen. */
export async function createAccount(
  store: Store,
  identity: Identity,
  { name, scopes }: AccountRequest,
): Promise<string> {
  const saId = `sa_${Array.from(randomBytes(16), (byte) => CROCKFORD[byte & 31]).join('')}`
  const random = randomBytes(16)
  const minted = mintTokenPayload({ env: ENV, saId, random, sign: identity.sign })
  const created = { created_at: now(), service_account_id: saId, scopes }
  const token_id = await tokenId(minted.secret)
  store.transact((tx) => {
    change(tx, identity, { topic: 'service_account', name, ...created })
    change(tx, identity, { topic: 'token', token_id, env: ENV, ...created })
  })
  return minted.token
}

/** Ends a token for good. It is refused from the next request on. */
export function revokeToken(store: Store, identity: Identity, token: string): void {
  store.transact((tx) => {
    change(tx, identity, { topic: 'token_revoked', token_id: token, revoked_at: now() })
  })
}

/** Makes the access tables anew from their records, in one transaction. */
export function rebuildAccounts(store: Store, identity: Identity): void {
  store.transact((tx) => {
    tx.access.clearTokens.run()
    tx.access.clearAccounts.run()
    let after = 0
    for (;;) {
      const page = tx.page({ thread: ACCOUNTS_THREAD }, after, tx.head(), Number.MAX_SAFE_INTEGER)
      for (const record of page.records) applyAccountRecord(tx.access, record, identity.did)
      after = page.records.at(-1)?.seq ?? after
      if (!page.cut) return
    }
  })
}

function change(tx: StoreTransactor, identity: Identity, body: AccountBody): void {
  const { record } = tx.append(accountDraft(identity.did, body))
  applyAccountRecord(tx.access, record, identity.did)
}

/** Unix time, seconds. */
function now(): number {
  return Math.floor(Date.now() / 1000)
}
