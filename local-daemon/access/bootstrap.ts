import { ProblemError } from '../problem/problem-error.ts'
import type { RequestFacts } from './request-facts.ts'
import type { Store } from '../store/open-store.ts'
import type { Accounts, FreshToken } from './accounts.ts'
import { ACCOUNTS_THREAD } from '../store/daemon-threads.ts'
import { requireBearer, sameText } from './bearer.ts'

/**
 * The route for the first account, which closes permanently once there is one. It is open only if the
 * environment has `SPL_BOOTSTRAP_TOKEN`; otherwise the first start makes the account.
 */
export class Bootstrap {
  readonly #store: Store
  readonly #accounts: Accounts
  readonly #token: string | undefined

  /** @param token what a caller over TCP must send; undefined: only the socket may use the route */
  constructor(store: Store, accounts: Accounts, token: string | undefined) {
    this.#store = store
    this.#accounts = accounts
    this.#token = token
  }

  /**
   * Makes the admin's account with a token. Throws `ProblemError`: `BOOTSTRAP_CLOSED` once there was an account,
   * `AUTH_REQUIRED` or `AUTH_INVALID` for a caller over TCP without the token.
   */
  async open(name: string, authorization: string | null, facts: RequestFacts): Promise<FreshToken> {
    if (this.#hadAccounts(this.#store)) throw closed()
    if (facts.via !== 'socket') this.#requireToken(authorization)
    const fresh = await this.#accounts.prepare('prod')
    // Checked again inside the transaction: of two callers at once, one gets the account.
    const made = await this.#store.transact((tx) => {
      if (this.#hadAccounts(tx)) return false
      this.#accounts.addIn(tx, fresh, { name, scopes: ['admin'] })
      return true
    })
    if (!made) throw closed()
    return fresh
  }

  /** By the table and by the records: one of the two may be damaged. */
  #hadAccounts(reader: Pick<Store, 'accounts' | 'thread'>): boolean {
    return reader.accounts(0, 1).length > 0 || reader.thread(ACCOUNTS_THREAD) !== undefined
  }

  #requireToken(authorization: string | null): void {
    const given = requireBearer(authorization)
    if (this.#token !== undefined && sameText(given, this.#token)) return
    throw new ProblemError('AUTH_INVALID', 'That is not the bootstrap token of this daemon', {
      try: 'Send the value of SPL_BOOTSTRAP_TOKEN that the daemon was started with.',
    })
  }
}

function closed(): ProblemError {
  return new ProblemError('BOOTSTRAP_CLOSED', 'The first account was made before', {
    try: 'Use its bearer token. If that is lost, on the daemon’s machine: spl service-account create --name <name> --scopes admin --with-token',
  })
}
