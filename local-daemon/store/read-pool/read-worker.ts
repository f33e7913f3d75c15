import { parentPort } from 'node:worker_threads'
import { isDatabaseError } from '../trouble/store-trouble.ts'
import { openForReading } from '../file/open-for-reading.ts'
import { startJob } from './read-job.ts'
import type { JobAnswer, JobBegun, JobMessage } from './worker-messages.ts'

/*
 * The entry of a thread that reads. It opens the file for each job, which takes less than a millisecond: so it holds no file that
 * was replaced or lost, and nothing open when the store closes.
 */

parentPort?.on('message', (message: JobMessage) => {
  parentPort?.postMessage(run(message))
})

function run({ job, path, epoch, ms, stop }: JobMessage): JobAnswer {
  const isStopped = new Int32Array(stop)
  try {
    const database = openForReading(path, epoch)
    parentPort?.postMessage({ kind: 'begun' } satisfies JobBegun)
    const until = performance.now() + ms
    const steps = startJob(database, job)
    try {
      for (;;) {
        const { done, value } = steps.next()
        if (done === true) return { kind: 'done', result: value }
        if (Atomics.load(isStopped, 0) !== 0) return { kind: 'stopped' }
        if (performance.now() > until) return { kind: 'too-slow' }
      }
    } finally {
      steps.return(undefined)
      database.close()
    }
  } catch (error) {
    const { message } = error as Error
    return { kind: 'failed', message, code: isDatabaseError(error) ? error.code : undefined }
  }
}
