import { detach } from '../../../protocol/detach.ts'
import { dropRest } from '../../door/linger.ts'
import type { ExchangeStream } from './exchange.ts'
import type { Upload } from './upload.ts'

/**
 * Sends a request body as fast as the daemon takes it and no faster: what the client sends beyond that
 * waits in the client. A body that breaks off is reported as cut, never as ended.
 */
export class RequestBodyPump {
  readonly #upload: Upload
  readonly #stream: ExchangeStream
  readonly #failed: () => void
  #at = 0
  #stopped = false
  #resume: (() => void) | undefined

  /** @param failed told that the client broke off, or sent what is no body */
  constructor(upload: Upload, stream: ExchangeStream, failed: () => void) {
    this.#upload = upload
    this.#stream = stream
    this.#failed = failed
    detach(this.#run(), (error) => stream.fail(error))
  }

  /** The daemon can take more. */
  resume(): void {
    this.#resume?.()
  }

  /** The daemon has begun the request. */
  begun(): void {
    if (!this.#upload.whole) return
    this.#upload.begun(this.#at)
    this.#resume?.()
  }

  /** This stream takes no more of it; another one may. */
  stop(): void {
    this.#stopped = true
    this.#resume?.()
  }

  /** Nobody wants more of it, and nobody waits for its client: it is gone. */
  cancel(): void {
    this.stop()
    this.#upload.cancel()
  }

  /** Nobody wants more of it. Undefined: all was read; else resolves when the rest was dropped. */
  drop(): Promise<void> | undefined {
    this.stop()
    if (this.#upload.over) return undefined
    let at = this.#at
    this.#upload.begun(at)
    const next = () => {
      at += 1
      return this.#upload.next(at - 1)
    }
    const dropped = dropRest({ next })
    return dropped.finally(() => this.#upload.cancel())
  }

  async #run(): Promise<void> {
    let spare: ArrayBufferLike | undefined
    for (;;) {
      const piece = await this.#read(spare)
      if (this.#stopped) return
      if (piece === 'broken off') return this.#failed()
      const { value } = piece
      if (value === undefined) return this.#stream.end()
      this.#at += 1
      const room = this.#stream.write(value)
      if (!room || this.#upload.enough) await this.#room()
      // A turn later it may have left already: then the same memory takes what comes next.
      await undefined
      if (this.#stopped) return
      const free = !this.#upload.whole && this.#stream.queued() === 0
      spare = free ? value.buffer : undefined
    }
  }

  /** What fails here is the client's; everything else in the loop would be a mistake of ours. */
  async #read(spare: ArrayBufferLike | undefined) {
    try {
      return { value: await this.#upload.next(this.#at, spare) }
    } catch {
      return 'broken off' as const
    }
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = () => {
        this.#resume = undefined
        resolve()
      }
    })
  }
}
