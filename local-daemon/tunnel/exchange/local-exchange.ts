import type { RequestHead } from '../../../protocol/tunnel/heads.ts'
import type { ProblemCode } from '../../../protocol/http/problem.ts'
import { RESET, resetName, type ResetCode } from '../../../protocol/tunnel/reset-code.ts'
import { EventStreamAnswer } from '../../http/streams/event-stream-answer.ts'
import type { Subscription } from '../../http/streams/subscription.ts'
import { LocalWebSocket } from './local-websocket.ts'
import { localRequest, tunnelFacts } from './local-request.ts'
import { RequestBody } from './request-body.ts'
import { ResponsePump, type AnswerStream } from './response-pump.ts'
import { problemAnswer } from './problem-answer.ts'
import { SubscriptionPump } from './subscription-pump.ts'
import type { TunnelApp } from '../tunnel-app.ts'

/** What an exchange may do to its stream. */
export interface LocalStream extends AnswerStream {
  /** The app has taken these bytes of the request. */
  consumed(bytes: number): void
  /** Lets the reader of an event stream go on as a member of a group; false: not now. */
  join(subscription: Subscription): boolean
}

/** What became of a request that did not end well. `answer`: its body broke off. `stream`: a mistake of ours. */
export type NoteExchange = (place: 'answer' | 'stream', error: unknown, requestId: string) => void

/** One relayed request: its body comes in, the app answers in-process, the answer goes out. */
export class LocalExchange {
  readonly #stream: LocalStream
  readonly #requestId: string
  readonly #abort = new AbortController()
  readonly #pump: ResponsePump
  #events: SubscriptionPump | undefined
  readonly #body: RequestBody | undefined
  readonly #note: NoteExchange
  #webSocket: LocalWebSocket | undefined
  /** What came before the app had decided on a WebSocket. */
  #early: Uint8Array[] | undefined
  #endedEarly = false
  #over = false

  /** @param end the request has no body */
  constructor(stream: LocalStream, head: RequestHead, end: boolean, note: NoteExchange) {
    this.#stream = stream
    this.#requestId = head.request_id
    this.#note = note
    this.#pump = new ResponsePump(stream, (error) => {
      this.#note('answer', error, this.#requestId)
      this.#settle('its answer broke off')
    })
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

  /** Lets the app answer. Resolves when the answer is queued, or the stream is over. Never rejects. */
  async run(app: TunnelApp, head: RequestHead): Promise<void> {
    try {
      const response = await this.#answerOrProblem(app, head)
      if (response === undefined) return
      if (this.#over) await response.body?.cancel()
      else if (response instanceof EventStreamAnswer) await this.#sendEvents(response, head)
      else await this.#pump.send(response)
    } catch (error) {
      this.fail(error)
    }
  }

  data(bytes: Uint8Array): void {
    if (this.#webSocket !== undefined) this.#webSocket.data(bytes)
    else if (this.#early !== undefined) this.#early.push(bytes)
    else this.#body?.data(bytes)
  }

  end(): void {
    if (this.#early !== undefined) this.#endedEarly = true
    this.#webSocket?.ended()
    this.#body?.end()
  }

  reset(code: ResetCode): void {
    // After a whole answer there is nothing left to abort: only the upload was cut short.
    if (code === RESET.NO_ERROR) {
      this.#over = true
      this.#body?.fail('the answer is whole')
      this.#webSocket?.cut()
    } else this.#settle(resetName(code))
  }

  writable(): void {
    this.#webSocket?.writable()
    this.#pump.writable()
    this.#events?.writable()
  }

  /**
   * Something of ours has failed. Whatever it was, this is where it ends: it is noted, the slot is free, and all who
   * took part are told.
   */
  fail(error: unknown): void {
    this.#note('stream', error, this.#requestId)
    this.#giveUp(RESET.INTERNAL)
  }

  #giveUp(code: ResetCode): void {
    if (this.#over) return
    this.#stream.reset(code)
    this.#settle(resetName(code))
  }

  /** Tells everybody who takes part that it is over. One who fails at that keeps nobody else from hearing it. */
  #settle(why: string): void {
    if (this.#over) return
    this.#over = true
    const reason = `the request was cut: ${why}`
    const steps = [
      () => this.#body?.fail(reason),
      () => this.#webSocket?.cut(),
      () => this.#pump.stop(),
      () => this.#events?.stop(),
      () => this.#abort.abort(new Error(reason)),
    ]
    for (const step of steps) {
      try {
        step()
      } catch (error) {
        this.#note('stream', error, this.#requestId)
      }
    }
  }

  #sendEvents(answer: EventStreamAnswer, head: RequestHead): Promise<void> {
    const { subscription } = answer
    const join = head.join === true ? () => this.#stream.join(subscription) : undefined
    this.#events = new SubscriptionPump(this.#stream, answer, join)
    return this.#events.send()
  }

  async #answerOrProblem(app: TunnelApp, head: RequestHead): Promise<Response | undefined> {
    try {
      return await this.#answer(app, head)
    } catch (error) {
      this.#note('stream', error, this.#requestId)
      // What the app may have begun for it is not wanted any more: the answer is another one.
      this.#abort.abort(error)
      return problemAnswer('INTERNAL', head.request_id)
    }
  }

  async #answer(app: TunnelApp, head: RequestHead): Promise<Response | undefined> {
    const facts = tunnelFacts(head)
    const refuse = (code: ProblemCode) => {
      const answer = problemAnswer(code, head.request_id)
      app.refused?.(head, facts, answer)
      return answer
    }
    const request = localRequest(head, this.#body?.stream ?? null, this.#abort.signal)
    if (request === undefined) return refuse('INVALID_REQUEST')
    if (head.upgrade === undefined) return app.fetch(request, facts)
    if (app.upgrade === undefined) return app.fetch(request, { ...facts, asksForWebSocket: true })
    const accepted = await app.upgrade(request, facts)
    if (accepted instanceof Response) return accepted
    if (this.#over) return undefined
    this.#webSocket = new LocalWebSocket(this.#stream, accepted, {
      fail: (error) => this.fail(error),
      giveUp: (code) => this.#giveUp(code),
    })
    // It may be over by now: its app has failed at the start.
    if (this.#over) this.#webSocket.cut()
    for (const bytes of this.#early ?? []) this.#webSocket.data(bytes)
    this.#early = undefined
    if (this.#endedEarly) this.#webSocket.ended()
    return undefined
  }
}

function announcedLength(head: RequestHead): number | undefined {
  const value = head.headers.find(([name]) => name === 'content-length')?.[1]
  return value === undefined ? undefined : Number(value)
}
