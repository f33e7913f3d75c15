import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { detach } from '../../../protocol/detach.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { JobAnswer, JobBegun, JobMessage } from './worker-messages.ts'

/** The sources run as they are; the package has the same files as JavaScript. */
const ENTRY = new URL(`./read-worker${extname(import.meta.url)}`, import.meta.url)

/** One thread that reads, one job at a time. */
export class ReadThread {
  readonly #worker: Worker
  readonly #onEnd: () => void
  #settle: ((answer: JobAnswer) => void) | undefined
  #begin: (() => void) | undefined
  #idle: NodeJS.Timeout | undefined
  #ended = false
  /** Resolves once it runs nothing any more: what SQLite has begun, it ends first. */
  readonly exited: Promise<void>

  /** @param entry what the thread runs */
  constructor(onEnd: () => void, entry: URL = ENTRY) {
    this.#onEnd = onEnd
    const resourceLimits = { maxOldGenerationSizeMb: STORE_LIMITS.readWorkerHeapMiB }
    // Without the parent’s flags, some of which threads refuse.
    this.#worker = new Worker(entry, { resourceLimits, execArgv: [] })
    this.#worker.on('message', (said: JobAnswer | JobBegun) =>
      said.kind === 'begun' ? this.#begin?.() : this.#answer(said),
    )
    this.#worker.on('error', ({ message }: Error) => {
      this.#gone({ kind: 'failed', message, code: undefined })
    })
    this.exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#gone({ kind: 'stopped' })
        resolve()
      })
    })
    this.#worker.unref()
  }

  get isEnded(): boolean {
    return this.#ended
  }

  /**
   * Never rejects. A job that does not stop by itself is ended with its thread. Its time runs from when it begins: the start of the thread
   * has a bound of its own.
   */
  run(job: Omit<JobMessage, 'stop'>, signal: AbortSignal): Promise<JobAnswer> {
    clearTimeout(this.#idle)
    const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    const { slowReadGraceMs, slowReadStartMs } = STORE_LIMITS
    return new Promise((resolve) => {
      let ending: NodeJS.Timeout | undefined
      const endAfter = (ms: number, kind: 'stopped' | 'too-slow' | 'not-started') => {
        clearTimeout(ending)
        ending = setTimeout(() => {
          // Where this thread was held up, the answer may be here and not read yet: that comes first.
          setImmediate(() => this.#settle === settle && this.#gone({ kind }))
        }, ms)
      }
      const onAbort = () => {
        Atomics.store(new Int32Array(stop), 0, 1)
        this.#begin = undefined
        endAfter(slowReadGraceMs, 'stopped')
      }
      const settle = (answer: JobAnswer) => {
        clearTimeout(ending)
        this.#begin = undefined
        signal.removeEventListener('abort', onAbort)
        resolve(answer)
      }
      this.#settle = settle
      this.#begin = () => endAfter(job.ms + slowReadGraceMs, 'too-slow')
      endAfter(slowReadStartMs, 'not-started')
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
      this.#worker.postMessage({ ...job, stop } satisfies JobMessage)
    })
  }

  end(): void {
    this.#gone({ kind: 'stopped' })
  }

  #answer(answer: JobAnswer): void {
    const settle = this.#settle
    this.#settle = undefined
    this.#idle = setTimeout(() => this.end(), STORE_LIMITS.readWorkerIdleMs)
    this.#idle.unref()
    settle?.(answer)
  }

  #gone(answer: JobAnswer): void {
    const settle = this.#settle
    this.#settle = undefined
    clearTimeout(this.#idle)
    if (!this.#ended) {
      this.#ended = true
      this.#onEnd()
      // The thread stops where it next runs JavaScript; until then it only reads.
      detach(this.#worker.terminate(), () => {})
    }
    settle?.(answer)
  }
}
