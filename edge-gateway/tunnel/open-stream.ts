import type { Multiplexer } from '../../protocol/multiplexer/multiplexer.ts'
import type { ResetCode } from '../../protocol/tunnel/reset-code.ts'
import type { ExchangeStream } from './exchange.ts'

/** One stream of the multiplexer in the hands of its exchange. */
export class OpenStream implements ExchangeStream {
  readonly #mux: Multiplexer
  readonly #id: number
  readonly #givenUp: () => void
  readonly #failed: (error: unknown) => void

  /**
   * @param givenUp told when the exchange ends the stream before its time
   * @param failed told when it cannot go on, by a mistake of ours
   */
  constructor(mux: Multiplexer, id: number, givenUp: () => void, failed: (error: unknown) => void) {
    this.#mux = mux
    this.#id = id
    this.#givenUp = givenUp
    this.#failed = failed
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

  fail(error: unknown): void {
    this.#failed(error)
  }

  queued(): number {
    return this.#mux.queued(this.#id)
  }

  consumed(bytes: number): void {
    this.#mux.consumed(this.#id, bytes)
  }
}
