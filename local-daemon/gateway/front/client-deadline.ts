export type Awaited = 'head' | 'body' | 'half-closed' | 'close'

/**
 * The one deadline of a client: of a head, of a body's silence, of a client that sends no more, or of a WebSocket's end.
 */
export class ClientDeadline {
  readonly #onLate: (what: Awaited) => void
  #timer: NodeJS.Timeout | undefined
  #of: Awaited | undefined

  constructor(onLate: (what: Awaited) => void) {
    this.#onLate = onLate
  }

  /** What it waits for. */
  get of(): Awaited | undefined {
    return this.#of
  }

  /** Waits for it from now on, instead of what it waited for before. @param ms longest time, milliseconds */
  expect(what: Awaited, ms: number): void {
    if (this.#of === what && what !== 'half-closed') return this.extend()
    this.calm()
    this.#of = what
    this.#timer = setTimeout(() => this.#onLate(what), ms)
  }

  /** Starts the current time again. */
  extend(): void {
    this.#timer?.refresh()
  }

  calm(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#of = undefined
  }
}
