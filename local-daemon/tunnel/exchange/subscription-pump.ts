import { GATEWAY_HEADERS } from '../../../protocol/http/gateway-headers.ts'
import { HEARTBEAT_COMMENT } from '../../../protocol/events/event-text.ts'
import { encodeHead, type HeaderList } from '../../../protocol/tunnel/heads.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { HTTP_LIMITS } from '../../http/limits.ts'
import type { EventStreamAnswer } from '../../http/streams/event-stream-answer.ts'
import type { Subscription } from '../../http/streams/subscription.ts'
import type { AnswerStream } from './response-pump.ts'
import { WriterPause } from './writer-pause.ts'

/** How soon, and how seldom, it is asked whether everything has been sent; milliseconds. */
const SETTLE_FIRST_MS = 1
const SETTLE_MAX_MS = 250

/**
 * Sends one reader's events over its stream until it has caught up; from there on it is a member of its group,
 * if the gateway takes members. A daemon that stops resets the stream: the reader is to go on, not to end.
 */
export class SubscriptionPump {
  readonly #stream: AnswerStream
  readonly #answer: EventStreamAnswer
  readonly #subscription: Subscription
  readonly #join: (() => boolean) | undefined
  #stopped = false
  readonly #pause = new WriterPause()

  /** @param join lets the reader become a member: false if it cannot be yet; undefined: there are no groups */
  constructor(stream: AnswerStream, answer: EventStreamAnswer, join: (() => boolean) | undefined) {
    this.#stream = stream
    this.#answer = answer
    this.#subscription = answer.subscription
    this.#join = join
    this.#subscription.whenEnded(() => this.#pause.end())
  }

  /** Resolves when the stream is over, or its reader has joined. */
  async send(): Promise<void> {
    const answer = this.#answer
    const { resume, pieces } = answer
    // Only a gateway that has groups goes on by itself; another would hand it to the client.
    const between: HeaderList =
      resume === undefined || this.#join === undefined ? [] : [[GATEWAY_HEADERS.resume, resume]]
    const headers: HeaderList = [...answer.headers, ...between]
    const head = encodeHead({ status: answer.status, headers })
    const opening = (await pieces.take()) ?? NOTHING
    if (this.#stopped) return
    if (!this.#stream.respond(head, opening, false)) await this.#pause.wait()
    let patience = SETTLE_FIRST_MS
    let silence = 0
    while (!this.#stopped) {
      const taken = pieces.take()
      const bytes = taken instanceof Promise ? await taken : taken
      if (this.#stopped) return
      if (bytes !== undefined) {
        patience = SETTLE_FIRST_MS
        silence = 0
        if (!this.#stream.write(bytes)) await this.#pause.wait()
        continue
      }
      const { ended } = this.#subscription
      if (ended === 'stopping') return this.#stream.reset(RESET.GOING_AWAY)
      if (ended !== undefined) return this.#stream.end()
      if (this.#join?.() === true) return
      const wait = this.#join === undefined ? HTTP_LIMITS.heartbeatMs : patience
      patience = Math.min(2 * patience, SETTLE_MAX_MS)
      if (await this.#subscription.changed(wait)) continue
      silence += wait
      if (silence < HTTP_LIMITS.heartbeatMs || this.#stopped) continue
      silence = 0
      this.#stream.write(HEARTBEAT)
    }
  }

  /** The stream has room again. */
  writable(): void {
    this.#pause.end()
  }

  /** Nobody wants the answer any more. */
  stop(): void {
    this.#stopped = true
    this.#answer.pieces.close()
    this.#subscription.close()
    this.#pause.end()
  }
}

const NOTHING = new Uint8Array(0)
const HEARTBEAT = new TextEncoder().encode(HEARTBEAT_COMMENT)
