import { randomBytes } from 'node:crypto'
import { LIMITS } from '../../protocol/limits.ts'
import { makeCode, parseCode, verifyCode } from '../../protocol/identity/signed-code.ts'
import { ACCESS_LIMITS } from './limits.ts'
import { ProblemError } from '../problem/problem-error.ts'
import { nowSeconds } from './accounts.ts'
import type { Identity } from './identity/identity.ts'
import { mayUse, type Principal } from './principal.ts'

interface OpenTicket {
  readonly principal: Principal
  readonly path: string
  /** Unix time, seconds: this one counts while the machine sleeps. */
  readonly expires: number
  /** By the monotonic clock, milliseconds: setting the wall clock back extends nothing. */
  readonly until: number
}

export interface StreamTicket {
  readonly ticket: string
  /** Unix time, seconds. */
  readonly expiresAt: number
}

/**
 * Tickets for browsers' event streams, which cannot send headers: one use, half a minute, one path, one account. They
 * are only in memory; after a restart a page asks for another one. The gateway can detect forged ones by itself.
 */
export class StreamTickets {
  readonly #identity: Identity
  readonly #open = new Map<string, OpenTicket>()

  constructor(identity: Identity) {
    this.#identity = identity
  }

  /**
   * A part of all is only for holders of the scope admin, so other accounts together cannot lock the owner out.
   *
   * @throws ProblemError RATE_LIMITED when the account or all together have too many unused ones
   */
  issue(principal: Principal, path: string): StreamTicket {
    this.#forgetExpired()
    const ofAccount = [...this.#open.values()].filter((open) =>
      sameHolder(open.principal, principal),
    )
    const { ticketsOfAccount, tickets, ticketSeconds } = ACCESS_LIMITS
    if (ofAccount.length >= ticketsOfAccount) throw tooMany(ofAccount[0])
    const reserved = mayUse(principal, 'admin') ? 0 : Math.floor(tickets / LIMITS.ownerReserve)
    if (this.#open.size >= tickets - reserved) throw tooMany([...this.#open.values()][0])
    const nonce = randomBytes(16)
    const expires = nowSeconds() + ticketSeconds
    const { sign } = this.#identity
    const until = performance.now() + ticketSeconds * 1000
    this.#open.set(nonce.toString('hex'), { principal, path, expires, until })
    const ticket = makeCode({ kind: 'ticket', path, nonce, expires, sign })
    return { ticket, expiresAt: expires }
  }

  /**
   * Uses up a ticket and tells who had it; undefined for one that is unknown, used, expired or for another
   * path. The caller must check again whether its holder is still valid.
   */
  redeem(text: string, path: string): Principal | undefined {
    const code = parseCode(text)
    if (code?.kind !== 'ticket') return undefined
    const key = Buffer.from(code.nonce).toString('hex')
    const open = this.#open.get(key)
    if (open === undefined || open.path !== path) return undefined
    this.#open.delete(key)
    return hasEnded(open) ? undefined : open.principal
  }

  /** Whether a ticket for this path was made here, even if it is used or expired. */
  async isSigned(text: string, path: string): Promise<boolean> {
    const code = parseCode(text)
    return code?.kind === 'ticket' && verifyCode(code, path, this.#identity.publicKey, 0)
  }

  /** Tickets are in order of their expiry. */
  #forgetExpired(): void {
    for (const [key, open] of this.#open) {
      if (!hasEnded(open)) return
      this.#open.delete(key)
    }
  }
}

function hasEnded({ expires, until }: OpenTicket): boolean {
  return nowSeconds() >= expires || performance.now() >= until
}

function sameHolder(left: Principal, right: Principal): boolean {
  if (left.kind !== 'account' || right.kind !== 'account') return left.kind === right.kind
  return left.account === right.account
}

/** @param oldest the ticket that makes room first, by its expiry */
function tooMany(oldest: OpenTicket | undefined): ProblemError {
  const wait = Math.max(1, Math.ceil(((oldest?.until ?? 0) - performance.now()) / 1000))
  return new ProblemError('RATE_LIMITED', 'Too many stream tickets are waiting to be used', {
    try: 'Use one within its half minute, or wait until they expire.',
    retryAfter: wait,
  })
}
