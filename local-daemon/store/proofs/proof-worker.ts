import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import type { ProofAnswer, ProofJob } from './proof-job.ts'
import { prove } from './prove.ts'

/* The entry of a thread that signs and verifies. It remembers nothing between two jobs but public keys. */

/** As `nice`: the thread that commits and answers goes first, always. */
const NICE = 10

stepBack()
parentPort?.on('message', (job: ProofJob) => {
  parentPort?.postMessage(run(job))
})

function run(job: ProofJob): ProofAnswer {
  try {
    return { kind: 'done', proofs: prove(job) }
  } catch (error) {
    return { kind: 'failed', message: (error as Error).message }
  }
}

/** Linux keeps a priority for each thread (sched(7)); elsewhere the whole process would step back. */
function stepBack(): void {
  if (process.platform !== 'linux') return
  try {
    // `<pid>/task/<tid>`
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), NICE)
  } catch {
    // Without /proc: it works as well, only less politely.
  }
}
