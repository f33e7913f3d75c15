import { DurableObject } from 'cloudflare:workers'
import type { DidKey } from '../../protocol/identity/did-key.ts'
import { allowsHostname } from '../../protocol/http/hostname.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { VerifiedRequest } from '../../protocol/identity/request-signature.ts'
import { ChallengeBook } from '../door/challenge-book.ts'
import type { Env } from '../deployment/env.ts'
import type { Refusal } from '../door/refusal.ts'
import { objectNameOf, type Directory, type Registration } from './registration.ts'
import { CHALLENGE_REFUSALS } from '../door/refusals.ts'
import {
  HOSTNAME_ENDING,
  HOSTNAME_TAKEN,
  HOSTNAMES_FULL,
  INVITE_INVALID,
  INVITE_USED,
  INVITES_FULL,
  NO_SUCH_HOSTNAME,
  NO_SUCH_INVITE,
  notInvited,
  INVITE_KNOWN,
} from './refusals.ts'
import { RegistryBook, type InviteEntry } from './registry-book.ts'

/** The value asked for, or why it is refused. */
export type Outcome<Answer> = { readonly answer: Answer } | { readonly refusal: Refusal }

/** A hostname as the admin sees it. */
export interface ListedHostname extends Registration {
  /** Whether its home is connected; null if its object did not answer. */
  readonly connected: boolean | null
}

export interface JoinRequest {
  readonly inviteId: string
  /** Undefined for the one that the invite names. */
  readonly hostname: string | undefined
}

const VERSION = 'version'
/** Hostnames in one answer: each one asks an object, and a free plan allows 50 such calls. */
const PAGE = 25
/** How long until an object that could not be told is told again, milliseconds. */
const RETRY_MS = 5_000

/**
 * The one object that knows the owner of each hostname of the gateway. Only Workers call it, after they
 * have checked signatures. It uses up challenges and invites, and awaits nothing between that and the change.
 */
export class RegistryObject extends DurableObject<Env> {
  readonly #book: RegistryBook
  readonly #challenges = new ChallengeBook()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#book = new RegistryBook(ctx.storage)
  }

  /** What a request must be signed over. */
  challenge(): Promise<string> {
    return this.#challenges.give(nowSeconds())
  }

  /** Undefined if this version is still the newest. */
  directory(known: number | undefined): Directory | undefined {
    const version = this.ctx.storage.kv.get<number>(VERSION) ?? 0
    if (version === known) return undefined
    return { version, registrations: this.#book.registrations() }
  }

  /** For the admin: registers an invite. The admin has made its code. */
  async invite(
    proof: VerifiedRequest,
    { inviteId, hostname, expiresAt }: Pick<InviteEntry, 'inviteId' | 'hostname' | 'expiresAt'>,
  ): Promise<Outcome<InviteEntry>> {
    const refusal = await this.#refusal(proof)
    if (refusal !== undefined) return { refusal }
    const now = nowSeconds()
    this.#book.expireInvites(now)
    if (this.#book.openInvites >= LIMITS.gatewayInvites) return { refusal: INVITES_FULL }
    if (this.#book.registration(hostname) !== undefined) return { refusal: HOSTNAME_TAKEN }
    if (this.#book.invite(inviteId) !== undefined) return { refusal: INVITE_KNOWN }
    const invite = { inviteId, hostname, createdAt: now, expiresAt, owner: null, joined: null }
    this.#book.addInvite(invite)
    return { answer: invite }
  }

  /** For the admin: all invites that have not expired. */
  async invites(proof: VerifiedRequest): Promise<Outcome<readonly InviteEntry[]>> {
    const refusal = await this.#refusal(proof)
    if (refusal !== undefined) return { refusal }
    this.#book.expireInvites(nowSeconds())
    return { answer: this.#book.invites() }
  }

  /** For the admin: cancels an invite that nobody has redeemed. */
  async cancelInvite(proof: VerifiedRequest, inviteId: string): Promise<Outcome<InviteEntry>> {
    const refusal = await this.#refusal(proof)
    if (refusal !== undefined) return { refusal }
    this.#book.expireInvites(nowSeconds())
    const invite = this.#book.invite(inviteId)
    if (invite === undefined) return { refusal: NO_SUCH_INVITE }
    if (invite.owner !== null) return { refusal: INVITE_USED }
    this.#book.cancelInvite(inviteId)
    return { answer: invite }
  }

  /** For everyone with an invite: the key that signed the request gets the hostname, and the invite is used up. */
  async join(
    proof: VerifiedRequest,
    { inviteId, hostname: wanted }: JoinRequest,
  ): Promise<Outcome<Registration>> {
    const now = nowSeconds()
    const fault = await this.#challenges.fault(proof.challenge, now)
    this.#book.expireInvites(now)
    const invite = this.#book.invite(inviteId)
    if (invite === undefined) return { refusal: INVITE_INVALID }
    if (fault !== undefined) return { refusal: CHALLENGE_REFUSALS[fault] }
    if (invite.owner !== null) return this.#joinedBefore(invite, proof.did, wanted)
    const hostname = wanted ?? invite.hostname
    if (!allowsHostname(invite.hostname, hostname)) return { refusal: notInvited(invite.hostname) }
    if (this.#book.registration(hostname) !== undefined) return { refusal: HOSTNAME_TAKEN }
    // Workers with the old list would still serve the name from there.
    if (this.#book.isEnding(hostname)) return { refusal: HOSTNAME_ENDING }
    if (this.#book.hostnames >= LIMITS.gatewayHostnames) return { refusal: HOSTNAMES_FULL }
    // Only a request that uses up an invite uses up a challenge, so requests that change nothing cannot lock the admin out.
    const used = this.#challenges.use(proof.challenge, now)
    if (used !== undefined) return { refusal: CHALLENGE_REFUSALS[used] }
    this.ctx.storage.transactionSync(() => {
      this.#book.redeem(inviteId, proof.did, hostname, LIMITS.gatewayHostnames)
      this.#book.register(hostname, proof.did, now)
      this.#changed()
    })
    return { answer: this.#book.registration(hostname) as Registration }
  }

  /** For the admin: some hostnames, in order, after the given one. */
  async hostnames(
    proof: VerifiedRequest,
    after: string,
  ): Promise<Outcome<{ readonly data: readonly ListedHostname[]; readonly more: boolean }>> {
    const refusal = await this.#refusal(proof)
    if (refusal !== undefined) return { refusal }
    const found = this.#book.page(after, PAGE + 1)
    const data = await Promise.all(found.slice(0, PAGE).map((one) => this.#listed(one)))
    return { answer: { data, more: found.length > PAGE } }
  }

  /** For the admin: revokes a hostname, and ends what goes through it. `connected` is false once that is done. */
  async revoke(proof: VerifiedRequest, hostname: string): Promise<Outcome<ListedHostname>> {
    const refusal = await this.#refusal(proof)
    if (refusal !== undefined) return { refusal }
    const registration = this.#book.registration(hostname)
    if (registration === undefined) return { refusal: NO_SUCH_HOSTNAME }
    const objectName = objectNameOf(registration)
    this.ctx.storage.transactionSync(() => {
      this.#book.remove(hostname, objectName)
      this.#changed()
    })
    // Before anything is awaited: if this object is lost now, its alarm continues.
    await this.ctx.storage.setAlarm(Date.now() + RETRY_MS)
    return { answer: { ...registration, connected: (await this.#end(objectName)) ? false : null } }
  }

  /** Tells the remaining objects that they have ended. */
  override async alarm(): Promise<void> {
    const told = await Promise.all(this.#book.ending().map((name) => this.#end(name)))
    if (told.includes(false)) await this.ctx.storage.setAlarm(Date.now() + RETRY_MS)
  }

  /** Uses up the challenge of the admin's request. Await nothing between this and the change. */
  async #refusal({ challenge }: VerifiedRequest): Promise<Refusal | undefined> {
    const now = nowSeconds()
    const fault =
      (await this.#challenges.fault(challenge, now)) ?? this.#challenges.use(challenge, now)
    return fault && CHALLENGE_REFUSALS[fault]
  }

  /** An answer may have been lost: the same key gets it again. */
  #joinedBefore(
    { joined, owner }: InviteEntry,
    did: DidKey,
    wanted: string | undefined,
  ): Outcome<Registration> {
    const registration = joined === null ? undefined : this.#book.registration(joined)
    const same = owner === did && registration?.owner === did && (wanted ?? joined) === joined
    return same && registration !== undefined ? { answer: registration } : { refusal: INVITE_USED }
  }

  async #listed(registration: Registration): Promise<ListedHostname> {
    const object = this.#tunnel(objectNameOf(registration))
    const connected = await object.isConnected().catch(() => null)
    return { ...registration, connected }
  }

  /** False if it could not be told. */
  async #end(objectName: string): Promise<boolean> {
    try {
      await this.#tunnel(objectName).endForGood()
    } catch {
      return false
    }
    this.#book.ended(objectName)
    return true
  }

  #tunnel(objectName: string) {
    return this.env.TUNNEL.get(this.env.TUNNEL.idFromName(objectName))
  }

  #changed(): void {
    const { kv } = this.ctx.storage
    kv.put(VERSION, (kv.get<number>(VERSION) ?? 0) + 1)
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
