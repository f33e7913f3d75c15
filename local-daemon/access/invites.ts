import { hash, randomBytes } from 'node:crypto'
import {
  INVITE_PATH,
  makeCode,
  parseCode,
  verifyCode,
} from '../../protocol/identity/signed-code.ts'
import type { Reach } from '../../protocol/identity/reach.ts'
import type { Scope } from '../../protocol/identity/scopes.ts'
import { ProblemError } from '../problem/problem-error.ts'
import type { Store } from '../store/open-store.ts'
import type { InviteRow } from '../store/rows.ts'
import {
  type AccountRequest,
  type Accounts,
  type FreshToken,
  nowSeconds,
  storedReach,
} from './accounts.ts'
import { requireBearer } from './bearer.ts'
import { narrowedReach } from './reach/granted-reach.ts'
import type { Identity } from './identity/identity.ts'

export interface InviteRequest extends Omit<AccountRequest, 'name'> {
  /** Label of the device; its account gets this name. */
  readonly device: string
  readonly ttlSeconds: number
  /** `token_id` of its maker: the invite ends with that token. Null for the owner at home. */
  readonly issuer: string | null
}

export interface Invite {
  /** The code to hand over. It is never stored. */
  readonly code: string
  readonly id: string
  /** Unix time, seconds. */
  readonly expiresAt: number
}

/** One-time codes that become an account with a token when they are redeemed, so that no bearer is passed around. */
export class Invites {
  readonly #store: Store
  readonly #identity: Identity
  readonly #accounts: Accounts

  constructor(store: Store, identity: Identity, accounts: Accounts) {
    this.#store = store
    this.#identity = identity
    this.#accounts = accounts
  }

  async create(request: InviteRequest): Promise<Invite> {
    const { device, scopes, actors = [], namespace, env, reach, ttlSeconds, issuer } = request
    const nonce = randomBytes(16)
    const id = hash('sha256', nonce, 'hex')
    const created = nowSeconds()
    const expiresAt = created + ttlSeconds
    await this.#store.transact((tx) => {
      this.#accounts.change(tx, {
        topic: 'invite',
        invite_id: id,
        device,
        scopes,
        actors,
        namespace: namespace ?? 'default',
        env: env ?? 'prod',
        reach: reach ?? null,
        created_at: created,
        expires_at: expiresAt,
        issuer,
      })
    })
    const { sign } = this.#identity
    const code = makeCode({ kind: 'invite', path: INVITE_PATH, nonce, expires: expiresAt, sign })
    return { code, id, expiresAt }
  }

  /** Cancels an invite that nobody has redeemed. If it was redeemed, revoke its account instead. */
  revoke(id: string): Promise<void> {
    return this.#store.transact((tx) => {
      this.#accounts.change(tx, {
        topic: 'invite_revoked',
        invite_id: id,
        revoked_at: nowSeconds(),
      })
    })
  }

  /**
   * Makes the account for a code, once. Throws `ProblemError`: `AUTH_INVALID` for a code that is
   * not ours or too old, `CODE_USED` for one that was redeemed before, `INVALID_REQUEST` for a reach wider than the
   * invite's, which does not use the code up.
   * @param reach of the account, where it is to be less than the invite's
   */
  async redeem(
    authorization: string | null,
    reach?: Reach,
  ): Promise<FreshToken & { readonly invite: InviteRow }> {
    if (authorization === null) throw noInvite()
    const code = parseCode(requireBearer(authorization))
    if (code?.kind !== 'invite') throw invalidCode()
    const { publicKey } = this.#identity
    if (!(await verifyCode(code, INVITE_PATH, publicKey, nowSeconds()))) throw invalidCode()
    const id = hash('sha256', code.nonce, 'hex')
    const found = this.#store.invite(id)
    if (found === undefined) throw invalidCode()
    const fresh = await this.#accounts.prepare(found.env)
    // Checked again inside the transaction: of two that redeem at once, one gets the account.
    const invite = await this.#store.transact((tx) => {
      const now = tx.invite(id)
      if (now === undefined || now.redeemed_at !== null) return undefined
      // An invite ends with the token that made it, so a thief leaves none behind.
      if ((now.revoked_at ?? now.issuer_revoked_at) !== null) throw invalidCode()
      const request = requestOf(now)
      this.#accounts.addIn(tx, fresh, { ...request, reach: narrowedReach(request, reach, tx) })
      this.#accounts.change(tx, {
        topic: 'invite_redeemed',
        invite_id: id,
        redeemed_at: nowSeconds(),
      })
      return now
    })
    if (invite === undefined) throw used()
    return { ...fresh, invite }
  }
}

function requestOf(invite: InviteRow): AccountRequest & { readonly reach: Reach | undefined } {
  return {
    name: invite.device,
    scopes: JSON.parse(invite.scopes) as Scope[],
    actors: JSON.parse(invite.actors) as string[],
    namespace: invite.namespace,
    env: invite.env,
    reach: storedReach(invite.reach),
  }
}

/** The refusal of a request without an invite where one is needed. */
export function noInvite(): ProblemError {
  return invalidCode('AUTH_REQUIRED', 'This route needs an invite')
}

function invalidCode(
  code: 'AUTH_INVALID' | 'AUTH_REQUIRED' = 'AUTH_INVALID',
  message = 'That is not an invite of this daemon, or it is too old',
): ProblemError {
  return new ProblemError(code, message, {
    try: 'Send: Authorization: Bearer spi_… with a code that spl pair --invite has printed.',
  })
}

function used(): ProblemError {
  return new ProblemError('CODE_USED', 'This code was redeemed before', {
    try: 'If it was not you, revoke that account: spl service-account list. Else: spl pair --invite.',
  })
}
