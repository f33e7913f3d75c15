import { type AddressLimits, challengeWait, strangerWait, type Wait } from './address-limits.ts'
import type { Refusal } from './refusal.ts'
import { tooManyProofs, tooManyStrangers } from './refusals.ts'

/** What requests count in that show nothing good for themselves, and what those over it are told. */
export interface StrangerLimit {
  wait(limits: AddressLimits, client: string | undefined): Wait
  /** @param seconds until the next request may pass */
  tooMany(seconds: number): Refusal
}

export const STRANGERS: StrangerLimit = { wait: strangerWait, tooMany: tooManyStrangers }
/** Daemons whose proof does not hold. */
export const BAD_PROOFS: StrangerLimit = { wait: strangerWait, tooMany: tooManyProofs }
/** Who asks for a challenge: of the registry, or as a daemon. */
export const CHALLENGES: StrangerLimit = { wait: challengeWait, tooMany: tooManyStrangers }
export const CONNECT_CHALLENGES: StrangerLimit = { wait: challengeWait, tooMany: tooManyProofs }
