import type { Multiplexer } from '../../../protocol/multiplexer/multiplexer.ts'
import type { ResetCode } from '../../../protocol/tunnel/reset-code.ts'
import type { ExchangeStream } from '../exchange/exchange.ts'
import type { OpenExchanges } from './open-exchanges.ts'

/** One stream of the multiplexer in the hands of its exchange. */
export class OpenStream implements ExchangeStream {
  readonly #mux: Multiplexer
  readonly #id: number
  readonly #exchanges: OpenExchanges

  constructor(mux: Multiplexer, id: number, exchanges: OpenExchanges) {
    this.#mux = mux
    this.#id = id
    this.#exchanges = exchanges
  }

  write(bytes: Uint8Array): boolean {
    return this.#mux.write(this.#id, bytes)
  }

  end(): void {
    this.#mux.end(this.#id)
  }

  reset(code: ResetCode): void {
    this.#exchanges.delete(this.#id)
    this.#mux.reset(this.#id, code, Date.now())
  }

  fail(error: unknown): void {
    this.#exchanges.fail(this.#id, error)
  }

  queued(): number {
    return this.#mux.queued(this.#id)
  }

  consumed(bytes: number): void {
    this.#mux.consumed(this.#id, bytes)
  }
}
