import type { RequestHead } from '../../protocol/heads.ts'
import type { ProblemCode } from '../../protocol/problem.ts'
import { checkTarget } from '../../protocol/request-target.ts'
import { RESET, resetName, type ResetCode } from '../../protocol/reset-code.ts'
import { EventStreamAnswer } from '../http/event-stream-answer.ts'
import type { Subscription } from '../http/subscription.ts'
import { LocalWebSocket } from './local-websocket.ts'
import { localRequest, tunnelFacts } from './local-request.ts'
import { RequestBody } from './request-body.ts'
import { ResponsePump, type AnswerStream } from './response-pump.ts'
import { problemAnswer } from './problem-answer.ts'
import { SubscriptionPump } from './subscription-pump.ts'
import type { TunnelApp } from './tunnel-app.ts'

/** What an exchange may do to its stream. */
export interface LocalStream extends AnswerStream {
  /** The app has taken these bytes of the request. */
  consumed(bytes: number): void
  /** Lets the reader of an event stream go on as a member of a group; false: not now. */
  join(subscription: Subscription): boolean
}

/** One relayed request: its body comes in, the app answers in-process, the answer goes out. */
export class LocalExchange {
  readonly #stream: LocalStream
  readonly #abort = new AbortController()
  readonly #pump: ResponsePump
  #events: SubscriptionPump | undefined
  readonly #body: RequestBody | undefined
  readonly #onError: (error: unknown) => void
  #webSocket: LocalWebSocket | undefined
  #early: Uint8Array[] | undefined
  #over = false

  /** @param end the request has no body */
  constructor(
    stream: LocalStream,
    head: RequestHead,
    end: boolean,
    onError: (error: unknown) => void,
  ) {
    this.#stream = stream
    this.#pump = new ResponsePump(stream)
    this.#onError = onError
    if (head.upgrade === 'websocket') this.#early = []
    else if (!end) {
      this.#body = new RequestBody(
        announcedLength(head),
        (bytes) => stream.consumed(bytes),
        // The app has lost interest, the answer may still come: what arrives is thrown away.
        () => {},
      )
    }
  }

  /** Lets the app answer. Resolves when the answer is queued. */
  async run(app: TunnelApp, head: RequestHead): Promise<void> {
    try {
      const response = await this.#answer(app, head)
      if (response === undefined) return
      if (this.#over) await response.body?.cancel()
      else if (response instanceof EventStreamAnswer) await this.#sendEvents(response, head)
      else await this.#pump.send(response)
    } catch (error) {
      this.#onError(error)
      if (!this.#over) await this.#pump.send(problemAnswer('INTERNAL', head.request_id))
    }
  }

  data(bytes: Uint8Array): void {
    if (this.#webSocket !== undefined) this.#webSocket.data(bytes)
    else if (this.#early !== undefined) this.#early.push(bytes)
    else this.#body?.data(bytes)
  }

  end(): void {
    this.#webSocket?.ended()
    this.#body?.end()
  }

  reset(code: ResetCode): void {
    this.#over = true
    const reason = `the request was cut: ${resetName(code)}`
    this.#body?.fail(reason)
    this.#webSocket?.cut()
    // After a whole answer there is nothing left to abort: only the upload was cut short.
    if (code === RESET.NO_ERROR) return
    this.#pump.stop()
    this.#events?.stop()
    this.#abort.abort(new Error(reason))
  }

  writable(): void {
    this.#webSocket?.writable()
    this.#pump.writable()
    this.#events?.writable()
  }

  #sendEvents(answer: EventStreamAnswer, head: RequestHead): Promise<void> {
    const { subscription } = answer
    const join = head.join === true ? () => this.#stream.join(subscription) : undefined
    this.#events = new SubscriptionPump(this.#stream, answer, join)
    return this.#events.send()
  }

  async #answer(app: TunnelApp, head: RequestHead): Promise<Response | undefined> {
    // The gateway has checked it; a hostile gateway has not.
    const facts = tunnelFacts(head)
    const refuse = (code: ProblemCode, message?: string) => {
      const answer = problemAnswer(code, head.request_id, message)
      app.refused?.(head, facts, answer)
      return answer
    }
    const fault = checkTarget(head.target)
    if (fault !== undefined) return refuse(fault.code, fault.message)
    const request = localRequest(head, this.#body?.stream ?? null, this.#abort.signal)
    if (request === undefined) return refuse('INVALID_REQUEST')
    if (head.upgrade === undefined) return app.fetch(request, facts)
    if (app.upgrade === undefined) return refuse('UPGRADE_REQUIRED')
    const accepted = await app.upgrade(request, facts)
    if (accepted instanceof Response) return accepted
    if (this.#over) return undefined
    this.#webSocket = new LocalWebSocket(this.#stream, accepted, this.#onError)
    for (const bytes of this.#early ?? []) this.#webSocket.data(bytes)
    this.#early = undefined
    return undefined
  }
}

function announcedLength(head: RequestHead): number | undefined {
  const value = head.headers.find(([name]) => name === 'content-length')?.[1]
  return value === undefined ? undefined : Number(value)
}
