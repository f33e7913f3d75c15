import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import type { Refusal } from './refusal.ts'
import type { StrangerLimit } from './stranger-limits.ts'

/**
 * A request at the gateway's door, as `enter` asks it. Each kind of request (to relay, to connect, for the registry)
 * says here what it checks; the order is the same for all and is written in `enter`.
 */
export interface Visit<Shown extends object, Answer> {
  /** The address that it comes from, where that can be known. */
  readonly client: string | undefined
  /** What it counts in if its credential is not good. */
  readonly strangers: StrangerLimit
  /** What is wrong with its form. This refusal does not count as a stranger's. */
  formFault(): Refusal | undefined
  /** What it shows for itself, or why that is not good. */
  credential(): MaybePromise<Shown | Refusal>
  /** What it counts in although its credential is good: undefined for those that the owner knows by name. */
  strangerLimitOf(shown: Shown): StrangerLimit | undefined
  /** It may go on. */
  admit(shown: Shown): MaybePromise<Answer>
  /** It may not. @param shown its credential, if that was good */
  refuse(refusal: Refusal, shown?: Shown): MaybePromise<Answer>
}
