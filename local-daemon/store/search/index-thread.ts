import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { STORE_LIMITS } from '../limits.ts'
import type { IndexAnswer, IndexJob } from './index-messages.ts'

/** The sources run as they are; the package has the same files as JavaScript. */
const ENTRY = new URL(`./index-worker${extname(import.meta.url)}`, import.meta.url)

/** The thread that writes the index, one job at a time. */
export class IndexThread {
  readonly #worker: Worker
  #settle: ((answer: IndexAnswer) => void) | undefined
  #ended = false

  constructor() {
    const resourceLimits = { maxOldGenerationSizeMb: STORE_LIMITS.readWorkerHeapMiB }
    // Without the parent’s flags, some of which threads refuse.
    this.#worker = new Worker(ENTRY, { resourceLimits, execArgv: [] })
    this.#worker.on('message', (answer: IndexAnswer) => this.#answer(answer))
    this.#worker.on('error', ({ message }: Error) => this.#gone(message))
    this.#worker.on('exit', () => this.#gone('its thread has ended'))
    this.#worker.unref()
  }

  get isEnded(): boolean {
    return this.#ended
  }

  /** Never rejects. Call it again only after the answer. */
  run(job: IndexJob): Promise<IndexAnswer> {
    if (this.#ended) return Promise.resolve(failed('its thread has ended'))
    return new Promise((resolve) => {
      this.#settle = resolve
      // Only while it works: whoever ends the process waits for the end of that.
      this.#worker.ref()
      this.#worker.postMessage(job)
    })
  }

  /** Ends it where it next runs JavaScript. What it has not committed is made again. */
  async end(): Promise<void> {
    this.#gone('its thread has ended')
    this.#worker.ref()
    await this.#worker.terminate()
  }

  #answer(answer: IndexAnswer): void {
    const settle = this.#settle
    this.#settle = undefined
    this.#worker.unref()
    settle?.(answer)
  }

  #gone(message: string): void {
    this.#ended = true
    this.#answer(failed(message))
  }
}

function failed(message: string): IndexAnswer {
  return { kind: 'failed', message, code: undefined }
}
