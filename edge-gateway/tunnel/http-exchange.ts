import { GATEWAY_HEADERS } from '../../protocol/gateway-headers.ts'
import type { ResponseHead } from '../../protocol/heads.ts'
import { RESET, resetName, type ResetCode } from '../../protocol/reset-code.ts'
import { refuse, type Refusal } from '../refusal.ts'
import { answerHeaders } from './answer-headers.ts'
import { BodyWriter } from './body-writer.ts'
import { TOKEN_REFUSALS } from './decide-access.ts'
import type { Exchange, ExchangeStream, RelayedRequest } from './exchange.ts'
import { logFault } from './log-fault.ts'
import type { MessageMemory } from './message-memory.ts'
import { guarded } from './guarded.ts'
import { RequestBodyPump } from './request-body-pump.ts'

/** RFC 9110: answers with these statuses have no body, whatever was sent. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** One public request and its answer, over one stream. */
export class HttpExchange implements Exchange {
  readonly response: Promise<Response>
  readonly requestId: string
  readonly #stream: ExchangeStream
  readonly #request: RelayedRequest
  readonly #upload: RequestBodyPump | undefined
  readonly #memory: MessageMemory
  /** Looked at only when the request outlives its first moments: for a quick answer it costs too much. */
  #signal: (() => AbortSignal) | undefined
  #settle!: (response: Response | Promise<Response>) => void
  #body: BodyWriter | undefined
  #answered = false

  constructor(
    stream: ExchangeStream,
    request: RelayedRequest,
    body: ReadableStream<Uint8Array> | null,
    signal: () => AbortSignal,
    memory: MessageMemory,
  ) {
    this.#memory = memory
    this.#stream = stream
    this.#request = request
    this.requestId = request.requestId
    this.response = new Promise((resolve) => {
      this.#settle = resolve
    })
    if (body !== null) this.#upload = new RequestBodyPump(body, stream)
    this.#signal = signal
    // A body that is on its way shows at once that its sender is gone.
    if (body !== null) this.watchClient()
  }

  watchClient(): void {
    const signal = this.#signal?.()
    this.#signal = undefined
    if (signal?.aborted === true) this.#clientLeft()
    else {
      const left = guarded(this.#stream, () => this.#clientLeft())
      signal?.addEventListener('abort', left, { once: true })
    }
  }

  head(head: ResponseHead, body: Uint8Array, end: boolean): void {
    const headers = answerHeaders(head)
    if (head.status === 101 || headers === undefined) return this.#badAnswer()
    const { fields, length, encoded } = headers
    const { requestId, isHead } = this.#request
    fields.set(GATEWAY_HEADERS.requestId, requestId)
    const init: ResponseInit = { status: head.status, headers: fields }
    // What HEAD must say of a body that it does not bring (RFC 9110, section 9.3.2).
    if (isHead && end && length === undefined && body.length > 0) {
      init.headers = [...fields, ['content-length', String(body.length)]]
    }
    // Compressed bytes cross as they are, the runtime must not compress them again. Only then: the
    // option costs as much as a fifth of the whole relay (measured).
    if (encoded) init.encodeBody = 'manual'
    const fits = this.#fits(head.status)
    // The runtime would write the length of what is there, and so make a part look like the whole.
    if (end && fits && length !== undefined && Number(length) !== body.length) {
      return this.#badAnswer()
    }
    if (end || !fits) {
      this.#stream.consumed(body.length)
      this.#answer(new Response(fits ? body : null, init))
      if (!end) this.#stream.reset(RESET.NO_ERROR)
      return
    }
    this.watchClient()
    this.#body = new BodyWriter(length, this.#stream, this.#memory)
    this.#answer(new Response(this.#body.readable, init))
    this.#body.write(body)
  }

  data(bytes: Uint8Array): void {
    this.#body?.write(bytes)
  }

  end(): void {
    this.#body?.end()
  }

  reset(code: ResetCode): void {
    this.#upload?.stop()
    if (this.#answered) this.#body?.abort(`the answer was cut short: ${resetName(code)}`)
    else this.#answer(this.#answerTo(code))
  }

  revoke(graceOver: boolean): void {
    if (!graceOver) return
    this.#upload?.stop()
    this.#stream.reset(RESET.GOING_AWAY)
    if (this.#answered) this.#body?.abort('the token was revoked')
    else this.#answer(refuse(TOKEN_REFUSALS.revoked, this.#request))
  }

  stopSending(): void {
    this.#upload?.stop()
  }

  writable(): void {
    this.#upload?.resume()
  }

  #fits(status: number): boolean {
    return !this.#request.isHead && !BODILESS.has(status)
  }

  #clientLeft(): void {
    this.#upload?.stop()
    this.#stream.reset(RESET.CANCEL)
    if (this.#answered) this.#body?.abort('the client went away')
    // Nobody reads this one; it only lets the invocation end.
    else this.#answer(refuse(failure(RESET.CANCEL), this.#request))
  }

  #badAnswer(): void {
    this.#stream.reset(RESET.PROTOCOL_ERROR)
    this.#upload?.stop()
    this.#answer(refuse(failure(RESET.PROTOCOL_ERROR), this.#request))
  }

  /** Whatever fails in making it, there is an answer: the invocation that waits for it must end. */
  #answerTo(code: ResetCode): Response | Promise<Response> {
    try {
      return this.#repeat(code) ?? refuse(failure(code), this.#request)
    } catch (error) {
      logFault('refusal', error, this.requestId)
      return new Response(null, { status: 502 })
    }
  }

  #repeat(code: ResetCode): Response | Promise<Response> | undefined {
    // Refused is what a daemon that is leaving has not begun.
    const again = code === RESET.CONNECTION_LOST || code === RESET.REFUSED
    return again ? this.#request.repeat() : undefined
  }

  #answer(response: Response | Promise<Response>): void {
    this.#answered = true
    this.#settle(response)
  }
}

/** Why there is no answer, as the client is told. */
function failure(code: ResetCode): Refusal {
  switch (code) {
    case RESET.HEAD_TIMEOUT:
      return {
        code: 'HEAD_TIMEOUT',
        message: 'The daemon did not answer in time',
        try: 'try again; if it persists, look at `spl status` and the log at home',
      }
    case RESET.REFUSED:
    case RESET.ENHANCE_YOUR_CALM:
      return {
        code: 'TUNNEL_BUSY',
        message: 'The daemon takes no more requests at the moment',
        try: 'wait a second and try again',
        retryAfter: 1,
      }
    case RESET.TOO_LARGE:
    case RESET.PROTOCOL_ERROR:
      return {
        code: 'BAD_UPSTREAM_RESPONSE',
        message: 'The daemon sent an unusable answer',
        try: 'update spl at home and on the gateway to the same version',
      }
    default:
      return {
        code: 'TUNNEL_INTERRUPTED',
        message: `The request was cut before its answer began: ${resetName(code)}`,
        try: 'a safe request may be sent again at once; check others first',
      }
  }
}
