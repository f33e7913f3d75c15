import { parentPort } from 'node:worker_threads'
import { stepBack } from '../../process/step-back.ts'
import type { ProofAnswer, ProofJob } from './proof-job.ts'
import { prove } from './prove.ts'

/* The entry of a thread that signs and verifies. It remembers nothing between two jobs but public keys. */

/** As `nice`: the thread that commits and answers goes first, always. */
const NICE = 10

stepBack(NICE)
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
