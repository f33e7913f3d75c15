import type { MaybePromise } from '../../../protocol/maybe-promise.ts'
import { detach } from '../../../protocol/detach.ts'
import { GATEWAY_HEADERS } from '../../../protocol/http/gateway-headers.ts'
import type { ResponseHead } from '../../../protocol/tunnel/heads.ts'
import { RESET, resetName, type ResetCode } from '../../../protocol/tunnel/reset-code.ts'
import { lingering } from '../../door/linger.ts'
import { refuse, type Refusal } from '../../door/refusal.ts'
import { answerHeaders } from './answer-headers.ts'
import { BodyWriter } from './body-writer.ts'
import { TOKEN_REFUSALS } from '../policy/decide-access.ts'
import type { Exchange, ExchangeStream, RelayedRequest } from './exchange.ts'
import { logFault } from '../../deployment/log-fault.ts'
import type { MessageMemory } from './message-memory.ts'
import { guarded } from './guarded.ts'
import { RequestBodyPump } from './request-body-pump.ts'
import { BODY_STALLED, BODY_UNREADABLE } from '../refusals.ts'
import { refusalOfReset, REPEATED } from './refusal-of-reset.ts'
import { carriesBody, responseInit } from './response-init.ts'
import type { Upload } from './upload.ts'

/** One public request and its answer, over one stream. */
export class HttpExchange implements Exchange {
  readonly response: Promise<Response>
  readonly requestId: string
  readonly #stream: ExchangeStream
  readonly #request: RelayedRequest
  readonly #pump: RequestBodyPump | undefined
  #upload: Upload | undefined
  #dropped: Promise<void> | undefined
  readonly #memory: MessageMemory
  /** Looked at only when the request outlives its first moments: for a quick answer it costs too much. */
  #signal: (() => AbortSignal) | undefined
  #settle!: (response: MaybePromise<Response>) => void
  #body: BodyWriter | undefined
  #answered = false

  /** @param body of the request: whole, or as it comes */
  constructor(
    stream: ExchangeStream,
    request: RelayedRequest,
    body: Upload | Uint8Array | undefined,
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
    this.#signal = signal
    if (body instanceof Uint8Array) {
      stream.write(body)
      stream.end()
      return
    }
    this.#upload = body
    if (body === undefined) return
    this.#pump = new RequestBodyPump(body, stream, () => this.#uploadFailed(BODY_UNREADABLE))
    // A body that is on its way shows at once that its sender is gone.
    this.watchClient()
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

  get upload(): Upload | undefined {
    return this.#upload
  }

  begun(): void {
    this.#pump?.begun()
  }

  head(head: ResponseHead, body: Uint8Array, end: boolean): void {
    this.begun()
    const headers = answerHeaders(head)
    if (head.status === 101 || headers === undefined) return this.#badAnswer()
    const { fields, length } = headers
    const { requestId, isHead } = this.#request
    fields.set(GATEWAY_HEADERS.requestId, requestId)
    const init = responseInit(head.status, headers, isHead, end ? body.length : 0)
    const fits = carriesBody(head.status, isHead)
    // The runtime would write the length of what is there, and so make a part look like the whole.
    if (end && fits && length !== undefined && Number(length) !== body.length) {
      return this.#badAnswer()
    }
    if (end || !fits) {
      this.#stream.consumed(body.length)
      this.#answerWhole(new Response(fits ? body : null, init), init)
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
    // The rest of the request, if it still comes, is of no use any more.
    this.#body?.end(this.#drop())
  }

  reset(code: ResetCode): void {
    if (this.#answered) {
      this.#cancel()
      this.#body?.abort(`the answer was cut short: ${resetName(code)}`)
      return
    }
    this.#pump?.stop()
    this.#answerTo(code)
  }

  uploadStalled(): void {
    this.#uploadFailed(BODY_STALLED)
  }

  cutOff(): void {
    this.#pump?.stop()
    this.#stream.reset(RESET.GOING_AWAY)
    if (!this.#answered) return this.#answerWhole(refuse(TOKEN_REFUSALS.revoked, this.#request))
    this.#cancel()
    this.#body?.abort('the token was revoked')
  }

  stopSending(): void {
    const dropped = this.#drop()
    if (dropped !== undefined) detach(dropped, () => {})
  }

  writable(): void {
    this.#pump?.resume()
  }

  #clientLeft(): void {
    this.#cancel()
    this.#stream.reset(RESET.CANCEL)
    if (this.#answered) this.#body?.abort('the client went away')
    // Nobody reads this one; it only lets the invocation end.
    else this.#answer(refuse(refusalOfReset(RESET.CANCEL), this.#request))
  }

  #badAnswer(): void {
    this.#stream.reset(RESET.PROTOCOL_ERROR)
    this.#answerWhole(refuse(refusalOfReset(RESET.PROTOCOL_ERROR), this.#request))
  }

  /** Whoever waits for the answer is told, also where nothing more comes from it. */
  #uploadFailed(refusal: Refusal): void {
    this.#cancel()
    this.#stream.reset(RESET.BODY_FAILED)
    if (this.#answered) this.#body?.abort('the request was cut short')
    else this.#answer(refuse(refusal, this.#request))
  }

  /** Whatever fails in making it, there is an answer: the invocation that waits for it must end. */
  #answerTo(code: ResetCode): void {
    try {
      const again = REPEATED.has(code) ? this.#request.repeat(code !== RESET.REFUSED) : undefined
      if (again === undefined) return this.#answerWhole(refuse(refusalOfReset(code), this.#request))
      this.#upload = undefined
      this.#answer(again)
    } catch (error) {
      logFault('refusal', error, this.requestId)
      this.#answer(new Response(null, { status: 502 }))
    }
  }

  /** The answer leaves at once; while the client still sends, the connection is kept, and what comes is dropped. */
  #answerWhole(response: Response, init?: ResponseInit): void {
    const dropped = this.#drop()
    this.#answer(dropped === undefined ? response : lingering(response, dropped, init))
  }

  #drop(): Promise<void> | undefined {
    if (this.#upload !== undefined) this.#dropped = this.#pump?.drop()
    this.#upload = undefined
    return this.#dropped
  }

  #cancel(): void {
    if (this.#upload !== undefined) this.#pump?.cancel()
    this.#upload = undefined
  }

  #answer(response: MaybePromise<Response>): void {
    this.#answered = true
    this.#settle(response)
  }
}
