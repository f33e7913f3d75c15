import type { Multiplexer } from '../../protocol/multiplexer.ts'
import type { ResetCode } from '../../protocol/reset-code.ts'
import type { ExchangeStream } from './exchange.ts'

/** One stream of the multiplexer in the hands of its exchange. */
export class OpenStream implements ExchangeStream {
  readonly #mux: Multiplexer
  readonly #id: number
  readonly #givenUp: () => void

  /** @param givenUp told when the exchange ends the stream before its time */
  constructor(mux: Multiplexer, id: number, givenUp: () => void) {
    this.#mux = mux
    this.#id = id
    this.#givenUp = givenUp
  }

  write(bytes: Uint8Array): boolean {
    return this.#mux.write(this.#id, bytes)
  }

  end(): void {
    this.#mux.end(this.#id)
  }

  reset(code: ResetCode): void {
    this.#givenUp()
    this.#mux.reset(this.#id, code, Date.now())
  }

  queued(): number {
    return this.#mux.queued(this.#id)
  }

  consumed(bytes: number): void {
    this.#mux.consumed(this.#id, bytes)
  }
}
