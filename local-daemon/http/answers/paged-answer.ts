import { andThen, type MaybePromise } from '../../../protocol/maybe-promise.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { jsonAnswer } from './answer.ts'
import { PageInHand } from './page-in-hand.ts'
import type { PageMemory } from './page-memory.ts'
import type { TracedFacts } from '../../requests/traced-facts.ts'

/** A page of an answer's text. */
export interface TextPage<Place> {
  readonly text: string
  /** Where the next page begins; undefined: this is the last. */
  readonly next: Place | undefined
}

export interface PagedAnswer<Place> {
  readonly memory: PageMemory
  /** Whose turn it takes. */
  readonly holder: string
  readonly start: Place
  /** Makes the page at a place: the same text each time, or none. Throws what the answer is to be refused or cut with. */
  readonly render: (place: Place) => TextPage<Place>
  /** Whether the reader may have more: asked for each page but the first. */
  readonly holds: () => boolean
  /** Whether the client has left. */
  readonly isGone: () => boolean
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * An answer of JSON text that may be large: whole if it is small, else a body that is made page by page as its reader takes
 * it. What the reader leaves is bounded, for it and for all: see `PageMemory`.
 */
export function pagedAnswer<Place>(
  facts: TracedFacts,
  options: PagedAnswer<Place>,
): MaybePromise<Response> {
  const { memory, holder, start, render, status = 200, headers } = options

  function begin(): () => Response {
    const page = render(start)
    const { text, next } = page
    if (next === undefined && text.length <= HTTP_LIMITS.pieceBytes) {
      return () => jsonAnswer(facts, status, text, headers)
    }
    const body = new PagedBody(options)
    const length = body.keep(page)
    const whole = next === undefined ? { 'content-length': String(length) } : {}
    return () => jsonAnswer(facts, status, body.stream(), { ...whole, ...headers })
  }

  const begun = memory.make(holder, begin, options.isGone)
  return andThen(begun, call)
}

const call = (answer: () => Response) => answer()

class PagedBody<Place> {
  readonly #options: PagedAnswer<Place>
  readonly #hand: PageInHand
  /** Where the page in hand begins. */
  #place: Place
  #next: Place | undefined
  #cancelled = false

  constructor(options: PagedAnswer<Place>) {
    this.#options = options
    this.#place = options.start
    this.#hand = new PageInHand(options.memory, options.holder)
  }

  /** Returns its length, bytes. */
  keep({ text, next }: TextPage<Place>): number {
    this.#next = next
    return this.#hand.put(text)
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          controller.enqueue(this.#hand.next() ?? (await this.#nextMade()))
          if (this.#hand.isOpen) return
          if (this.#next === undefined) controller.close()
          else this.#place = this.#next
        },
        cancel: () => {
          this.#cancelled = true
          this.#hand.drop()
        },
      },
      // Counted in chunks: with zero, a page is made when it is asked for and not before.
      { highWaterMark: 0 },
    )
  }

  #nextMade(): MaybePromise<Uint8Array> {
    const { memory, holder, holds, render } = this.#options
    const make = () => {
      // Cut, not ended: a part must not look like the whole.
      if (!holds()) throw new Error('the bearer was revoked')
      this.keep(render(this.#place))
      return this.#hand.next() ?? NOTHING
    }
    return memory.make(holder, make, () => this.#cancelled)
  }
}

const NOTHING = new Uint8Array(0)
