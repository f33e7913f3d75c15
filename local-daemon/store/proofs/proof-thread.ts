import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { detach } from '../../../protocol/detach.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { ProofAnswer, ProofJob } from './proof-job.ts'

/** The sources run as they are; the package has the same files as JavaScript. */
const ENTRY = new URL(`./proof-worker${extname(import.meta.url)}`, import.meta.url)

/** One thread that signs and verifies; it takes its jobs one after the other. */
export class ProofThread {
  readonly #worker: Worker
  readonly #onEnd: () => void
  #waiting: ((answer: ProofAnswer) => void)[] = []
  #idle: NodeJS.Timeout | undefined
  #ended = false

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
    const resourceLimits = { maxOldGenerationSizeMb: STORE_LIMITS.proofWorkerHeapMiB }
    // Without the parent’s flags, some of which threads refuse.
    this.#worker = new Worker(ENTRY, { resourceLimits, execArgv: [] })
    this.#worker.on('message', (answer: ProofAnswer) => this.#answer(answer))
    this.#worker.on('error', ({ message }: Error) => this.#gone(message))
    this.#worker.on('exit', () => this.#gone('the thread has ended'))
    this.#worker.unref()
  }

  /** Jobs that it has and has not answered. */
  get load(): number {
    return this.#waiting.length
  }

  /** Never rejects. */
  run(job: ProofJob): Promise<ProofAnswer> {
    clearTimeout(this.#idle)
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#worker.postMessage(job)
    })
  }

  end(): void {
    this.#gone('the thread was ended')
  }

  #answer(answer: ProofAnswer): void {
    this.#waiting.shift()?.(answer)
    if (this.load > 0) return
    this.#idle = setTimeout(() => this.end(), STORE_LIMITS.proofWorkerIdleMs)
    this.#idle.unref()
  }

  #gone(message: string): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#idle)
    this.#onEnd()
    detach(this.#worker.terminate(), () => {})
    for (const settle of this.#waiting.splice(0)) settle({ kind: 'failed', message })
  }
}
