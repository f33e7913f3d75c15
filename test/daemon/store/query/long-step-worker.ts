import { parentPort } from 'node:worker_threads'
import BetterSqlite from 'better-sqlite3'
import type {
  JobAnswer,
  JobBegun,
  JobMessage,
} from '../../../../local-daemon/store/read-pool/worker-messages.ts'

/*
 * A thread whose queries are one long step of SQLite, which nothing can end before it is over. Each job takes the file for itself: it fails
 * while another one still runs.
 */

const LONG = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < (SELECT rows FROM size))
  SELECT count(*) FROM n`

parentPort?.on('message', (message: JobMessage) => {
  const say = (said: JobBegun | JobAnswer) => parentPort?.postMessage(said)
  say({ kind: 'begun' })
  say(run(message))
})

function run({ path, job }: JobMessage): JobAnswer {
  const database = new BetterSqlite(path, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    if (job.kind === 'query') database.prepare(LONG).get()
    return { kind: 'done', result: undefined }
  } catch (error) {
    const { message, code } = error as Error & { readonly code: string }
    return { kind: 'failed', message, code }
  } finally {
    database.close()
  }
}
