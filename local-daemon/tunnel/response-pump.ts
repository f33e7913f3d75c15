import { GATEWAY_HEADERS } from '../../protocol/gateway-headers.ts'
import { encodeHead, HeadError, type HeaderList } from '../../protocol/heads.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { RESET, type ResetCode } from '../../protocol/reset-code.ts'
import { FixedAnswer } from '../http/fixed-answer.ts'
import { WriterPause } from './writer-pause.ts'

/** Where an answer goes: one stream of the multiplexer. */
export interface AnswerStream {
  /** False: wait for `writable`. */
  respond(head: Uint8Array, body: Uint8Array, end: boolean): boolean
  /** False: wait for `writable`. */
  write(bytes: Uint8Array): boolean
  end(): void
  reset(code: ResetCode): void
}

const NOTHING = new Uint8Array(0)
const SAID_OTHERWISE: ReadonlySet<string> = new Set(['content-length', GATEWAY_HEADERS.requestId])

/**
 * Sends an app's answer over a stream, as fast as its credit allows and no faster. A small answer is
 * one frame. An answer whose body fails, or is not as long as it says, is reset and never ended.
 */
export class ResponsePump {
  readonly #stream: AnswerStream
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #stopped = false
  readonly #pause = new WriterPause()

  constructor(stream: AnswerStream) {
    this.#stream = stream
  }

  /** Resolves when everything is queued, or the answer was given up. Never rejects. */
  async send(response: Response): Promise<void> {
    try {
      await this.#send(response)
    } catch (error) {
      if (this.#stopped) return
      this.#stream.reset(error instanceof HeadError ? RESET.TOO_LARGE : RESET.BODY_FAILED)
    }
  }

  /** The stream has room again. */
  writable(): void {
    this.#pause.end()
  }

  /** Nobody wants the answer any more. */
  stop(): void {
    this.#stopped = true
    this.#pause.end()
    this.#reader?.cancel().catch(() => {})
  }

  async #send(response: Response): Promise<void> {
    if (response instanceof FixedAnswer) return this.#sendFixed(response)
    const headers: HeaderList = [...response.headers]
    const head = encodeHead({ status: response.status, headers })
    const announced = announcedLength(response)
    if (response.body === null) {
      this.#stream.respond(head, NOTHING, true)
      return
    }
    if (announced !== undefined && announced <= LIMITS.inlineBodyBytes) {
      return this.#sendWhole(head, new Uint8Array(await response.arrayBuffer()), announced)
    }
    const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>
    this.#reader = reader
    if (this.#stopped) return stop(reader)
    await this.#sendPieces(head, reader, announced)
  }

  #sendFixed({ status, fields, content }: FixedAnswer): void {
    if (this.#stopped) return
    // The frame has the length, the gateway the id: without them most heads are the same text again.
    const headers = Object.entries(fields).filter(([name]) => !SAID_OTHERWISE.has(name))
    this.#stream.respond(encodeHead({ status, headers }), Buffer.from(content), true)
  }

  #sendWhole(head: Uint8Array, body: Uint8Array, announced: number): void {
    if (this.#stopped) return
    if (body.length !== announced) throw new Error('the body is not as long as announced')
    this.#stream.respond(head, body, true)
  }

  async #sendPieces(
    head: Uint8Array,
    reader: ReadableStreamDefaultReader<Uint8Array>,
    announced: number | undefined,
  ): Promise<void> {
    let sent = 0
    let read = reader.read()
    // A body that is ready now travels with its head; one that is not must not hold its head back.
    const first = await Promise.race([read, nextTurn()])
    if (this.#stopped) return
    let room: boolean
    if (first === undefined || first.done) {
      room = this.#stream.respond(head, NOTHING, first?.done === true)
      if (first?.done === true) return
    } else {
      sent = first.value.length
      read = reader.read()
      const second = await Promise.race([read, nextTurn()])
      if (this.#stopped) return
      const whole = second?.done === true && (announced === undefined || announced === sent)
      room = this.#stream.respond(head, first.value, whole)
      if (whole) return
    }
    for (;;) {
      if (!room) await this.#pause.wait()
      if (this.#stopped) return
      const { done, value } = await read
      if (this.#stopped) return
      if (done) break
      sent += value.length
      room = this.#stream.write(value)
      read = reader.read()
    }
    if (announced !== undefined && announced !== sent) {
      throw new Error('the body is not as long as announced')
    }
    this.#stream.end()
  }
}

function announcedLength(response: Response): number | undefined {
  const value = response.headers.get('content-length')
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => {
    setImmediate(resolve, undefined)
  })
}

function stop(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  reader.cancel().catch(() => {})
}
