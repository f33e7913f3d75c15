import { decodeBase64Url, encodeBase64Url } from '../../protocol/encoding/base64url.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { ChallengeFault } from './refusals.ts'

const TIME_BYTES = 4
const RANDOM_BYTES = 12
const MAC = { name: 'HMAC', hash: 'SHA-256' }
const HEAD_BYTES = TIME_BYTES + RANDOM_BYTES
const BYTES = HEAD_BYTES + 32

/**
 * The challenges of one object: when it was given (u32, seconds), 12 random bytes, and the HMAC-SHA-256 of both. Giving one
 * leaves nothing behind, so nobody can fill the book or crowd another's challenge out of it.
 *
 * The key is drawn with the object and is nowhere else: no secret is stored, and with the object's restart or sleep
 * all its challenges are void. So what was used need not be kept on disk either. Whoever holds an old one asks again.
 */
export class ChallengeBook {
  #key: Promise<CryptoKey> | undefined
  /** Challenges that were used, and until when they would be good, seconds since 1970; oldest first. */
  readonly #used = new Map<string, number>()

  /** @param now seconds since 1970 */
  async give(now: number): Promise<string> {
    const bytes = new Uint8Array(BYTES)
    new DataView(bytes.buffer).setUint32(0, now)
    crypto.getRandomValues(bytes.subarray(TIME_BYTES, HEAD_BYTES))
    const mac = await crypto.subtle.sign(MAC, await this.#theKey(), bytes.subarray(0, HEAD_BYTES))
    bytes.set(new Uint8Array(mac), HEAD_BYTES)
    return encodeBase64Url(bytes)
  }

  /**
   * Whether a challenge is one of this book's, of now, and unused. Nothing is used up by asking.
   * @param now seconds since 1970
   */
  async fault(challenge: string, now: number): Promise<ChallengeFault | undefined> {
    const bytes = decodeBase64Url(challenge)
    if (bytes?.length !== BYTES) return 'stale'
    const [head, mac] = [bytes.slice(0, HEAD_BYTES), bytes.slice(HEAD_BYTES)]
    if (!(await crypto.subtle.verify(MAC, await this.#theKey(), mac, head))) return 'stale'
    const age = now - new DataView(head.buffer).getUint32(0)
    if (age < 0 || age > LIMITS.challengeSeconds) return 'stale'
    return this.#used.has(challenge) ? 'replayed' : undefined
  }

  /**
   * Uses up a challenge that has no fault, at once: of two copies of a request one only passes.
   * @param now seconds since 1970
   */
  use(challenge: string, now: number): ChallengeFault | undefined {
    for (const [old, until] of this.#used) {
      if (until >= now) break
      this.#used.delete(old)
    }
    if (this.#used.has(challenge)) return 'replayed'
    // Only who holds the key comes so far, and comes again in a moment.
    if (this.#used.size >= LIMITS.usedChallenges) return 'busy'
    this.#used.set(challenge, now + LIMITS.challengeSeconds)
    return undefined
  }

  #theKey(): Promise<CryptoKey> {
    return (this.#key ??= crypto.subtle.generateKey(MAC, false, [
      'sign',
      'verify',
    ]) as Promise<CryptoKey>)
  }
}
