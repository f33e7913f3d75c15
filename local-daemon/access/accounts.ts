import { randomBytes } from 'node:crypto'
import { mintTokenPayload, tokenId } from '../../protocol/identity/token.ts'
import type { Reach } from '../../protocol/identity/reach.ts'
import type { Scope } from '../../protocol/identity/scopes.ts'
import { ProblemError } from '../problem/problem-error.ts'
import type { Store } from '../store/open-store.ts'
import type { AccountRow } from '../store/rows.ts'
import { replay } from '../store/replay.ts'
import type { StoreTransactor } from '../store/transactor.ts'
import { type AccountBody, accountDraft, accountFold } from './account-records.ts'
import type { Identity } from './identity/identity.ts'
import { predecessorsIn } from '../store/predecessors.ts'

/** Crockford base32 in lower case: no i, l, o, u. */
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

/** The input for a new service account. */
export interface AccountRequest {
  readonly name: string
  /** What its tokens may do. Each token keeps the scopes that it was minted with. */
  readonly scopes: readonly Scope[]
  /** DIDs that it may act as, in addition to its own. */
  readonly actors?: readonly string[]
  readonly namespace?: string
  /** Where its tokens may read and write; absent: everywhere. */
  readonly reach?: Reach | undefined
  /** Deployment tag of its tokens: 1 to 16 of a-z and 0-9. */
  readonly env?: string
}

/** A bearer in plain text, shown only this once, and what the store keeps of it. */
export interface FreshToken {
  readonly token: string
  readonly tokenId: string
  readonly account: string
}

/** JSON of a reach, as a row has it; or what chooses it, given the `token_id`s of the tokens that end. */
type GrantedReach =
  | string
  | null
  | ((tx: StoreTransactor, ended: readonly string[]) => Reach | undefined)

/** Checks the store before a change, inside its transaction, and throws if the change is not allowed. */
type Guard = (tx: StoreTransactor) => void

/** Changes of accounts, each durable when its promise resolves. */
export class Accounts {
  readonly #store: Store
  readonly #identity: Identity

  readonly #lineage: readonly string[]

  /** @param lineage identities that this one replaced, the newest first */
  constructor(store: Store, identity: Identity, lineage: readonly string[] = []) {
    this.#store = store
    this.#identity = identity
    this.#lineage = lineage
  }

  /** Makes an account without a token and returns its id. */
  create(request: AccountRequest): Promise<string> {
    return this.#store.transact((tx) => this.createIn(tx, request))
  }

  /** Makes an account with one token, both or neither. */
  async createWithToken(request: AccountRequest, expiresAt: number | null): Promise<FreshToken> {
    const fresh = await this.prepare(request.env)
    await this.#store.transact((tx) => this.addIn(tx, fresh, request, expiresAt))
    return fresh
  }

  /**
   * Mints a token of an account, with its scopes.
   * @param account its reach is the token's, or a function that chooses it in the transaction, given the tokens that end
   * @param expiresAt Unix time, seconds; null for never; or a function that chooses it in the transaction
   * @param replaces chooses tokens that end in the same transaction, after the new one exists; it may throw
   * @throws ProblemError `NOT_FOUND` if the account was revoked meanwhile
   */
  async mint(
    account: Pick<AccountRow, 'id' | 'env' | 'scopes'> & { readonly reach: GrantedReach },
    expiresAt: number | null | ((tx: StoreTransactor) => number | null),
    replaces: (tx: StoreTransactor) => readonly string[] = () => [],
  ): Promise<FreshToken & { readonly revoked: readonly string[] }> {
    const fresh = await this.#mint(account.id, account.env)
    const scopes = JSON.parse(account.scopes) as readonly Scope[]
    const revoked = await this.#store.transact((tx) => {
      requireActive(tx.account(account.id))
      const ended = replaces(tx)
      const end = typeof expiresAt === 'function' ? expiresAt(tx) : expiresAt
      const granted = account.reach
      const reach = typeof granted === 'function' ? granted(tx, ended) : storedReach(granted)
      this.#addToken(tx, fresh, { scopes, env: account.env, reach }, end)
      for (const token of ended) this.#revokeIn(tx, token)
      return ended
    })
    return { ...fresh, revoked }
  }

  /**
   * Revokes a token permanently. It is refused from the next request.
   * @param guard checks the store inside the transaction, and may throw
   */
  revokeToken(token: string, guard: Guard = () => {}): Promise<void> {
    return this.#store.transact((tx) => {
      guard(tx)
      this.#revokeIn(tx, token)
    })
  }

  /** Revokes an account and all its tokens permanently; it gets no new ones. @param guard as of `revokeToken` */
  revokeAccount(account: string, reason: string | null, guard: Guard = () => {}): Promise<void> {
    return this.#store.transact((tx) => {
      guard(tx)
      this.change(tx, {
        topic: 'service_account_revoked',
        service_account_id: account,
        reason,
        revoked_at: nowSeconds(),
      })
    })
  }

  /** Rebuilds the access tables from their records, in one transaction. */
  rebuild(): Promise<void> {
    return this.#store.transact((tx) => {
      tx.tables.clearTokens.run()
      tx.tables.clearAccounts.run()
      tx.tables.clearInvites.run()
      const { did } = this.#identity
      replay(tx, accountFold(did, predecessorsIn(tx, did, this.#lineage)))
    })
  }

  /** As `create`, inside a transaction. */
  createIn(tx: StoreTransactor, request: AccountRequest, id = newAccountId()): string {
    const {
      name,
      scopes,
      actors = [],
      namespace = DEFAULTS.namespace,
      env = DEFAULTS.env,
      reach,
    } = request
    this.change(tx, {
      topic: 'service_account',
      service_account_id: id,
      name,
      scopes,
      actors,
      namespace,
      env,
      reach: reach ?? null,
      created_at: nowSeconds(),
    })
    return id
  }

  /** A token that `addIn` then stores: signing is async, and a transaction cannot wait. */
  async prepare(env: string = DEFAULTS.env): Promise<FreshToken> {
    return this.#mint(newAccountId(), env)
  }

  /** Stores the account of a prepared token, and the token, inside a transaction. */
  addIn(
    tx: StoreTransactor,
    fresh: FreshToken,
    request: AccountRequest,
    expiresAt: number | null = null,
  ): void {
    this.createIn(tx, request, fresh.account)
    this.#addToken(tx, fresh, request, expiresAt)
  }

  /** One record of the accounts' thread. */
  change(tx: StoreTransactor, body: AccountBody): void {
    tx.append(accountDraft(this.#identity.did, body))
  }

  async #mint(account: string, env: string): Promise<FreshToken> {
    const { sign } = this.#identity
    const minted = mintTokenPayload({ env, saId: account, random: randomBytes(16), sign })
    return { token: minted.token, tokenId: await tokenId(minted.secret), account }
  }

  #addToken(
    tx: StoreTransactor,
    fresh: FreshToken,
    { scopes, env = DEFAULTS.env, reach }: Pick<AccountRequest, 'scopes' | 'env' | 'reach'>,
    expiresAt: number | null,
  ): void {
    this.change(tx, {
      topic: 'token',
      token_id: fresh.tokenId,
      service_account_id: fresh.account,
      env,
      scopes,
      created_at: nowSeconds(),
      expires_at: expiresAt,
      reach: reach ?? null,
    })
  }

  #revokeIn(tx: StoreTransactor, token: string): void {
    this.change(tx, { topic: 'token_revoked', token_id: token, revoked_at: nowSeconds() })
  }
}

/** The reach in a row's column. */
export function storedReach(column: string | null): Reach | undefined {
  return column === null ? undefined : (JSON.parse(column) as Reach)
}

/** Throws `ProblemError` `NOT_FOUND` for an account that does not exist or is revoked. */
export function requireActive(account: AccountRow | undefined): AccountRow {
  if (account !== undefined && account.revoked_at === null) return account
  const [message, next] =
    account === undefined
      ? ['There is no such service account here', 'See spl service-account list for all of them.']
      : [
          'This service account was revoked, which is final',
          'Make another one: spl service-account create.',
        ]
  throw new ProblemError('NOT_FOUND', message, { try: next })
}

const DEFAULTS = { namespace: 'default', env: 'prod' } as const

function newAccountId(): string {
  return `sa_${Array.from(randomBytes(16), (byte) => CROCKFORD[byte & 31]).join('')}`
}

/** When a token that is made now expires; null for never. @param ttl seconds */
export function expiryAfter(ttl: number | undefined): number | null {
  return ttl === undefined ? null : nowSeconds() + ttl
}

/**
 * When the longest-lived valid token of an account expires: a token that replaces them all lives as long. Null for
 * never, and for an account without a valid token.
 */
export function latestExpiry(tx: StoreTransactor, account: string): number | null {
  const now = nowSeconds()
  let latest: number | null = null
  for (const { revoked_at, expires_at } of tx.tokensOf(account)) {
    if (revoked_at !== null) continue
    if (expires_at === null) return null
    if (expires_at > now) latest = Math.max(latest ?? 0, expires_at)
  }
  return latest
}

/** Unix time, seconds. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
