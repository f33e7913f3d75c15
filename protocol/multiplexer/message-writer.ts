import { FRAME_HEADER_BYTES, writeFrameHeader, type FrameType } from '../tunnel/frame.ts'
import type { SendQueue } from './send-queue.ts'

/** Gives the bytes that one message is written into; all of them are written. */
export type AllocateMessage = (size: number) => Uint8Array

/** Fills one message, whose size is known, with frames. */
export class MessageWriter {
  readonly message: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(message: Uint8Array) {
    this.message = message
    this.#view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  }

  frame(type: FrameType, flags: number, stream: number, length: number): void {
    writeFrameHeader(this.#view, this.#at, type, flags, stream, length)
    this.#at += FRAME_HEADER_BYTES
  }

  uint32(value: number): void {
    this.#view.setUint32(this.#at, value)
    this.#at += 4
  }

  uint64(value: number): void {
    this.uint32(Math.floor(value / 2 ** 32))
    this.uint32(value % 2 ** 32)
  }

  bytes(bytes: Uint8Array): void {
    this.message.set(bytes, this.#at)
    this.#at += bytes.length
  }

  takeFrom(queue: SendQueue, count: number): void {
    queue.moveTo(this.message, this.#at, count)
    this.#at += count
  }
}
