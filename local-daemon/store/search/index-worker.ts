import { parentPort } from 'node:worker_threads'
import type { Database } from 'better-sqlite3'
import { stepBack } from '../../process/step-back.ts'
import { openForReading } from '../file/open-for-reading.ts'
import { isUnusable, openIndex } from './index-file.ts'
import type { IndexAnswer, IndexJob } from './index-messages.ts'
import { belongs, clearLog, countRedactions, forget, indexNext } from './index-steps.ts'

/*
 * The entry of the thread that writes the index, one job at a time. It keeps the index open between jobs, and opens the store for each:
 * so it holds no file of a store that was replaced.
 */

/** As `nice`: behind all else, also behind the signatures of an import. A search finds what is not indexed yet. */
const NICE = 19

let index: Database | undefined

stepBack(NICE)

parentPort?.on('message', (job: IndexJob) => {
  parentPort?.postMessage(run(job))
})

function run(job: IndexJob): IndexAnswer {
  if (job.kind === 'close') {
    close()
    return { kind: 'closed' }
  }
  let store: Database | undefined
  try {
    store = openForReading(job.store, job.epoch)
    return runOn(store, job)
  } catch (error) {
    close()
    const { message, code } = error as { readonly message: string; readonly code?: string }
    return { kind: 'failed', message, code }
  } finally {
    store?.close()
  }
}

function runOn(store: Database, job: Exclude<IndexJob, { kind: 'close' }>): IndexAnswer {
  try {
    if (index === undefined) {
      const coming = job.kind === 'forget' ? job.forgotten.length : 0
      index = openIndex(job.path, job.epoch, countRedactions(store) - coming)
      if (!belongs(store, index, job.epoch, coming)) {
        close()
        return { kind: 'unusable', why: 'it is of another state of the store' }
      }
    }
    switch (job.kind) {
      case 'index': {
        const done = indexNext(store, index)
        return done === undefined ? { kind: 'redacted' } : { kind: 'indexed', ...done }
      }
      case 'forget':
        forget(store, index, job.forgotten)
        return { kind: 'forgotten' }
      case 'clear':
        return { kind: clearLog(index) ? 'cleared' : 'busy' }
    }
  } catch (error) {
    if (!isUnusable(error)) throw error
    close()
    return { kind: 'unusable', why: (error as Error).message }
  }
}

function close(): void {
  try {
    index?.close()
  } finally {
    index = undefined
  }
}
