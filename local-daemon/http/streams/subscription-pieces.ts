import type { MaybePromise } from '../../../protocol/maybe-promise.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { PageInHand } from '../answers/page-in-hand.ts'
import type { PageMemory } from '../answers/page-memory.ts'
import type { Subscription } from './subscription.ts'

/** One reader's events as bytes, no more at a time than it takes. Large ones take turns: see `PageMemory`. */
export class SubscriptionPieces {
  readonly #subscription: Subscription
  readonly #memory: PageMemory
  readonly #holder: string
  readonly #hand: PageInHand
  readonly #encoder = new TextEncoder()

  /** @param holder whose turns it takes */
  constructor(subscription: Subscription, memory: PageMemory, holder: string) {
    this.#subscription = subscription
    this.#memory = memory
    this.#holder = holder
    this.#hand = new PageInHand(memory, holder)
  }

  /** The bytes available now; undefined: wait until the subscription has `changed`, or check whether it has `ended`. */
  take(): MaybePromise<Uint8Array | undefined> {
    const make = this.#hand.isOpen ? () => this.#again() : () => this.#fresh()
    return this.#hand.next() ?? this.#memory.make(this.#holder, make, isNeverGone)
  }

  /** The reader has left. */
  close(): void {
    this.#hand.drop()
  }

  #fresh(): Uint8Array | undefined {
    const text = this.#subscription.take()
    if (text === undefined || text.length <= HTTP_LIMITS.pieceBytes) {
      return text === undefined ? undefined : this.#encoder.encode(text)
    }
    this.#hand.put(text)
    return this.#hand.next()
  }

  #again(): Uint8Array | undefined {
    this.#hand.put(this.#subscription.takeAgain())
    return this.#hand.next()
  }
}

/** One that has left takes nothing: its subscription has ended. */
const isNeverGone = () => false
