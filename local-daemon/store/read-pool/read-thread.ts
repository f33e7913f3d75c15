import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { detach } from '../../../protocol/detach.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { JobAnswer, JobMessage } from './worker-messages.ts'

/** The sources run as they are; the package has the same files as JavaScript. */
const ENTRY = new URL(`./read-worker${extname(import.meta.url)}`, import.meta.url)

/** One thread that reads, one job at a time. */
export class ReadThread {
  readonly #worker: Worker
  readonly #onEnd: () => void
  #settle: ((answer: JobAnswer) => void) | undefined
  #idle: NodeJS.Timeout | undefined
  #ended = false
  /** Resolves once it runs nothing any more: what SQLite has begun, it ends first. */
  readonly exited: Promise<void>

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
    const resourceLimits = { maxOldGenerationSizeMb: STORE_LIMITS.readWorkerHeapMiB }
    // Without the parent’s flags, some of which threads refuse.
    this.#worker = new Worker(ENTRY, { resourceLimits, execArgv: [] })
    this.#worker.on('message', (answer: JobAnswer) => this.#answer(answer))
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

  /** Never rejects. A job that does not stop by itself is ended with its thread. */
  run(job: Omit<JobMessage, 'stop'>, signal: AbortSignal): Promise<JobAnswer> {
    clearTimeout(this.#idle)
    const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    return new Promise((resolve) => {
      const kill = (kind: 'stopped' | 'too-slow') => this.#gone({ kind })
      let killing = setTimeout(kill, job.ms + STORE_LIMITS.slowReadGraceMs, 'too-slow')
      const onAbort = () => {
        Atomics.store(new Int32Array(stop), 0, 1)
        clearTimeout(killing)
        killing = setTimeout(kill, STORE_LIMITS.slowReadGraceMs, 'stopped')
      }
      this.#settle = (answer) => {
        clearTimeout(killing)
        signal.removeEventListener('abort', onAbort)
        resolve(answer)
      }
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
