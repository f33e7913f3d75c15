import { availableParallelism } from 'node:os'
import { detach } from '../../../protocol/detach.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { ProofAnswer, ProofJob, Proofs } from './proof-job.ts'
import { ProofThread } from './proof-thread.ts'
import { prove } from './prove.ts'

interface Waiting {
  readonly job: ProofJob
  settle(answer: ProofAnswer): void
}

const NO_THREAD: ProofAnswer = { kind: 'failed', message: 'there is no thread' }

/**
 * Threads that sign and verify the batches of bulk appends: as many as there are cores, each with a lower priority than the
 * thread that commits. They are started when there is work, and ended when there has been none for a while.
 */
export class ProofPool {
  readonly #most = availableParallelism()
  readonly #threads = new Set<ProofThread>()
  #waiting: Waiting[] = []
  #closed = false

  /** In order of arrival. Rejects only if this runtime cannot sign. */
  async run(job: ProofJob): Promise<Proofs> {
    if (this.#closed) return prove(job)
    const answer = await new Promise<ProofAnswer>((settle) => {
      this.#waiting.push({ job, settle })
      this.#next()
    })
    // Whatever the thread died of: its work is not lost.
    return answer.kind === 'done' ? answer.proofs : prove(job)
  }

  /** Ends all threads. */
  close(): void {
    this.#closed = true
    for (const { settle } of this.#waiting.splice(0)) settle(NO_THREAD)
    for (const thread of this.#threads) thread.end()
  }

  #next(): void {
    for (;;) {
      const thread = this.#leastBusy()
      const next = thread === undefined ? undefined : this.#waiting.shift()
      if (thread === undefined || next === undefined) return
      detach(this.#answer(thread, next), () => {})
    }
  }

  async #answer(thread: ProofThread, { job, settle }: Waiting): Promise<void> {
    const answer = await thread.run(job)
    this.#next()
    settle(answer)
  }

  /** Undefined if all have enough. Each has the next job before it has done its first one, and so never waits for this thread. */
  #leastBusy(): ProofThread | undefined {
    if (this.#waiting.length === 0) return undefined
    let least: ProofThread | undefined
    for (const thread of this.#threads) {
      if (least === undefined || thread.load < least.load) least = thread
    }
    if (least !== undefined && (least.load === 0 || this.#threads.size >= this.#most)) {
      return least.load < STORE_LIMITS.proofJobsAhead ? least : undefined
    }
    return this.#closed ? undefined : (this.#start() ?? least)
  }

  /** Undefined if the system gives no thread. */
  #start(): ProofThread | undefined {
    try {
      const thread = new ProofThread(() => this.#threads.delete(thread))
      this.#threads.add(thread)
      return thread
    } catch {
      if (this.#threads.size > 0) return undefined
      for (const { settle } of this.#waiting.splice(0)) settle(NO_THREAD)
      return undefined
    }
  }
}
