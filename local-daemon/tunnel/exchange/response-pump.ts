import { GATEWAY_HEADERS } from '../../../protocol/http/gateway-headers.ts'
import { encodeHead, HeadError, type HeaderList } from '../../../protocol/tunnel/heads.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET, type ResetCode } from '../../../protocol/tunnel/reset-code.ts'
import { FixedAnswer } from '../../requests/fixed-answer.ts'
import { type BodyPiece, BodyPieces } from './body-pieces.ts'
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

/**
 * Sends an app's answer over a stream, as fast as its credit allows and no faster. A small answer is
 * one frame. An answer whose body fails, or is not as long as it says, is reset at once and never ended, also while its
 * client takes nothing.
 */
export class ResponsePump {
  readonly #stream: AnswerStream
  readonly #onCut: (error: unknown) => void
  #pieces: BodyPieces | undefined
  #stopped = false
  readonly #pause = new WriterPause()

  /** @param onCut told why an answer was cut that somebody still wanted */
  constructor(stream: AnswerStream, onCut: (error: unknown) => void) {
    this.#stream = stream
    this.#onCut = onCut
  }

  /** Resolves when everything is queued, or the answer was given up. Never rejects. */
  async send(response: Response): Promise<void> {
    try {
      await this.#send(response)
    } catch (error) {
      if (this.#stopped) return
      this.stop()
      this.#stream.reset(error instanceof HeadError ? RESET.TOO_LARGE : RESET.BODY_FAILED)
      this.#onCut(error)
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
    this.#pieces?.cancel()
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
    const pieces = new BodyPieces(response.body, () => this.#pause.end())
    this.#pieces = pieces
    if (this.#stopped) return pieces.cancel()
    await this.#sendPieces(head, pieces, announced)
  }

  #sendFixed({ status, fields, content }: FixedAnswer): void {
    if (this.#stopped) return
    const body = Buffer.from(content)
    // One frame has the length, the gateway the id: without them most heads are the same text again.
    const oneFrame = body.length <= LIMITS.inlineBodyBytes
    const headers = Object.entries(fields).filter(
      ([name]) => name !== GATEWAY_HEADERS.requestId && !(oneFrame && name === 'content-length'),
    )
    this.#stream.respond(encodeHead({ status, headers }), body, true)
  }

  #sendWhole(head: Uint8Array, body: Uint8Array, announced: number): void {
    if (this.#stopped) return
    if (body.length !== announced) throw new Error('the body is not as long as announced')
    this.#stream.respond(head, body, true)
  }

  async #sendPieces(
    head: Uint8Array,
    pieces: BodyPieces,
    announced: number | undefined,
  ): Promise<void> {
    let sent = 0
    let ahead = pieces.next()
    // A body that is ready now travels with its head; one that is not must not hold its head back.
    const first = await Promise.race([ahead, nextTurn()])
    if (this.#stopped) return
    let room: boolean
    if (first === undefined || first.kind === 'end') {
      room = this.#stream.respond(head, NOTHING, first?.kind === 'end')
      if (first?.kind === 'end') return
    } else {
      const bytes = bytesOf(first)
      sent = bytes.length
      ahead = pieces.next()
      const second = await Promise.race([ahead, nextTurn()])
      if (this.#stopped) return
      const whole = second?.kind === 'end' && (announced === undefined || announced === sent)
      room = this.#stream.respond(head, bytes, whole)
      if (whole) return
    }
    for (;;) {
      if (!room && !pieces.failed) await this.#pause.wait()
      if (this.#stopped) return
      const piece = await ahead
      if (this.#stopped) return
      if (piece.kind === 'end') break
      const bytes = bytesOf(piece)
      sent += bytes.length
      room = this.#stream.write(bytes)
      ahead = pieces.next()
    }
    if (announced !== undefined && announced !== sent) {
      throw new Error('the body is not as long as announced')
    }
    this.#stream.end()
  }
}

/** @throws what the body has failed with */
function bytesOf(piece: Exclude<BodyPiece, { kind: 'end' }>): Uint8Array {
  if (piece.kind === 'failed') throw piece.error
  return piece.bytes
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
