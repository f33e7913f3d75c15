import { join } from 'node:path'
import { openConnection } from '../../../local-daemon/store/file/open-connection.ts'
import {
  packTexts,
  type ProofJob,
  SIGNATURE_BYTES,
} from '../../../local-daemon/store/proofs/proof-job.ts'
import { ProofPool } from '../../../local-daemon/store/proofs/proof-pool.ts'
import type { SignedLines } from './import-lines.ts'

/** Rows in one transaction, and in one message to a thread. */
const ROWS = 256
/** Batches with the threads at once. */
const AHEAD = 6

/**
 * The least that an import does: threads verify (or sign) the records, and this one inserts their rows, with the store's settings, schema
 * and commits. Nothing is read from a socket, parsed, checked or answered. Records per second.
 */
export async function floorRate(
  directory: string,
  name: string,
  of: SignedLines,
  kind: ProofJob['kind'],
): Promise<number> {
  const database = openConnection(join(directory, `floor-${name}.db`))
  const pool = new ProofPool()
  try {
    const insert = database.prepare(
      `INSERT INTO records (seq, id_start, thread, actor, act, clock, data_type, raw, judged_by, origin, sig, received_at)
       VALUES (?, ?, 1, 1, 1, ?, 0, ?, NULL, 2, ?, ?)`,
    )
    const transaction = database.transaction((from: number, to: number) => {
      for (let n = from; n < to; n += 1) {
        const idStart = Buffer.from((of.ids[n] ?? '').slice(0, 16), 'hex')
        insert.run(n + 1, idStart, n, of.preimages[n], of.signatures[n], Date.now())
      }
    })
    // The threads are there before the clock starts, as in a second import.
    await Promise.all(Array.from({ length: AHEAD }, () => pool.run(jobOf(of, kind, 0, 1))))
    const count = of.preimages.length
    const waiting: Promise<number>[] = []
    let begun = 0
    const begin = () => {
      const from = begun
      begun = Math.min(count, from + ROWS)
      const job = jobOf(of, kind, from, begun)
      waiting.push(pool.run(job).then(() => from))
    }
    const startedAt = performance.now()
    while (waiting.length < AHEAD && begun < count) begin()
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const from = await next
      if (begun < count) begin()
      transaction.immediate(from, Math.min(count, from + ROWS))
    }
    return (count / (performance.now() - startedAt)) * 1000
  } finally {
    pool.close()
    database.close()
  }
}

function jobOf(of: SignedLines, kind: ProofJob['kind'], from: number, to: number): ProofJob {
  const texts = packTexts(of.preimages.slice(from, to))
  if (kind === 'sign') return { kind, texts, key: of.privateKey }
  const signatures = new Uint8Array((to - from) * SIGNATURE_BYTES)
  for (let n = from; n < to; n += 1) {
    signatures.set(of.signatures[n] ?? [], (n - from) * SIGNATURE_BYTES)
  }
  return { kind, texts, signatures, keys: [of.rawKey], keyOf: new Uint16Array(to - from) }
}
