import { detach } from '../../../protocol/detach.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { ReadJob } from './read-job.ts'
import { readBusy } from './read-busy.ts'
import { ReadThread } from './read-thread.ts'
import { ReadTurns } from './read-turns.ts'
import { tooSlow } from './too-slow.ts'
import type { JobAnswer } from './worker-messages.ts'

/** Who waits for a read. */
export interface ReadCaller {
  /** Whose share of the threads it takes. */
  readonly holder: string
  /** Aborted once it no longer waits. */
  readonly signal: AbortSignal
}

export interface ReadPoolOptions {
  /** The database file. */
  readonly path: string
  readonly epoch: string
  /** What its threads run; by default, the reads. */
  readonly entry?: URL
}

/** Threads for reads that may be slow, started when there is work and ended when there has been none for a while. */
export class ReadPool {
  readonly #options: ReadPoolOptions
  readonly #turns = new ReadTurns(STORE_LIMITS.readWorkers)
  readonly #idle: ReadThread[] = []
  readonly #all = new Set<ReadThread>()
  #closed = false

  constructor(options: ReadPoolOptions) {
    this.#options = options
  }

  /**
   * Runs a job when it is its holder’s turn. Rejects with `ProblemError`: `QUERY_TOO_SLOW`, `QUERY_BUSY`, or `REQUEST_TIMEOUT` for a caller that
   * has left; with an error of SQLite as the job throws it.
   */
  async run(job: ReadJob, { holder, signal }: ReadCaller): Promise<unknown> {
    const leave = await this.#turns.enter(holder, signal)
    if (this.#closed) {
      leave()
      throw readBusy()
    }
    const thread = this.#idle.pop() ?? this.#start()
    const { path, epoch } = this.#options
    const answer = await thread.run({ path, epoch, job, ms: STORE_LIMITS.slowReadMs }, signal)
    if (thread.isEnded) {
      // Its caller has its answer; the place is free once nothing runs there any more.
      detach(thread.exited.then(leave), () => {})
    } else {
      this.#idle.push(thread)
      leave()
    }
    return resultOf(answer)
  }

  /** Ends all threads; what still waits is refused. */
  close(): void {
    this.#closed = true
    for (const thread of this.#all) thread.end()
  }

  #start(): ReadThread {
    const thread = new ReadThread(() => {
      this.#all.delete(thread)
      const at = this.#idle.indexOf(thread)
      if (at !== -1) this.#idle.splice(at, 1)
    }, this.#options.entry)
    this.#all.add(thread)
    return thread
  }
}

function resultOf(answer: JobAnswer): unknown {
  switch (answer.kind) {
    case 'done':
      return answer.result
    case 'stopped':
      throw new ProblemError('REQUEST_TIMEOUT', 'The reader has left')
    case 'too-slow':
      throw tooSlow()
    case 'not-started':
      throw readBusy('The thread for this read did not start in time')
    case 'failed': {
      const error = new Error(answer.message)
      if (answer.code !== undefined)
        Object.assign(error, { name: 'SqliteError', code: answer.code })
      throw error
    }
  }
}
