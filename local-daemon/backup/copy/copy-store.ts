import { countText } from '../../problem/count-text.ts'
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, fsyncSync, openSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Database } from 'better-sqlite3'
import { BACKUP_LIMITS } from '../limits.ts'
import { openToRead } from './open-to-read.ts'
import { type Proof, proveCopy, samplePlaces, UnprovenError } from './prove-copy.ts'
import { idStartAt, markOf, type StoreMark } from './store-mark.ts'

/** A finished, proved copy. */
export interface ProvedCopy extends Proof {
  readonly bytes: number
  /** Of the file, 64 hex digits. */
  readonly sha256: string
}

/** The store has no record: there is nothing to keep. */
class EmptyStoreError extends Error {
  override readonly name = 'EmptyStoreError'
}

/** What is read in is damaged: a copy of that must not pass for a backup. */
class DamagedStoreError extends Error {
  override readonly name = 'DamagedStoreError'
}

/**
 * Copies a store into a new file, mode 0600, and proves the copy: what SQLite says of it, its numbers, the ids and signatures of a
 * sample, and that the store has the same records in the same places. Writers go on meanwhile: the copy is of one moment.
 *
 * @throws EmptyStoreError, DamagedStoreError, UnprovenError, StoreOpenError, or the error of SQLite or the system
 */
export async function copyStore(source: string, target: string): Promise<ProvedCopy> {
  const store = openToRead(source)
  try {
    const before = markOf(store)
    if (before.records === 0) throw new EmptyStoreError('the store holds no record')
    // An index that lost rows is made anew by the copy, and a lost account is then no longer noticed.
    refuseDamage(store)
    // SQLite takes an empty file as it is, and would make one that others may read.
    closeSync(openSync(target, 'wx', 0o600))
    // Or the first page of a table keeps rows that moved on from it: a later redaction would not find them.
    store.pragma('secure_delete = ON')
    store.prepare('VACUUM INTO ?').run(target)
    flush(target)
    const { sha256, bytes } = await hashFile(target)
    const copy = openToRead(target)
    try {
      const { sampleNewest: newest, sampleRandom: random } = BACKUP_LIMITS
      const proof = await proveCopy(copy, { newest, random })
      compare(store, copy, before, proof)
      return { ...proof, bytes, sha256 }
    } finally {
      copy.close()
    }
  } finally {
    store.close()
  }
}

function refuseDamage(store: Database): void {
  const [line] = store.pragma('integrity_check(1)') as { readonly integrity_check: string }[]
  const said = line?.integrity_check.replaceAll('\n', ' ')
  if (said !== 'ok') throw new DamagedStoreError(String(said))
}

/** The copy is of a moment between `before` and now; records are only added. */
function compare(store: Database, copy: Database, before: StoreMark, proof: Proof): void {
  const after = markOf(store)
  if (proof.epoch !== after.epoch || proof.schema !== after.schema) {
    throw new UnprovenError('it is of another store')
  }
  if (proof.records < before.records || proof.records > after.records) {
    throw new UnprovenError(
      `it holds ${countText(proof.records, 'record')}, and the store had ${before.records} when it was begun`,
    )
  }
  if (idStartAt(copy, before.records) !== before.headId) throw otherRecord(before.records)
  for (const seq of samplePlaces(proof.records, { newest: 20, random: 200 })) {
    if (idStartAt(copy, seq) !== idStartAt(store, seq)) throw otherRecord(seq)
  }
}

function otherRecord(seq: number): UnprovenError {
  return new UnprovenError(`record ${seq} is another one than in the store`)
}

/** The SHA-256 of a file, and its size. */
async function hashFile(
  path: string,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  await pipeline(createReadStream(path), async function count(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytes += chunk.length
      hash.update(chunk)
    }
  })
  return { sha256: hash.digest('hex'), bytes }
}

/** SQLite does not flush what `VACUUM INTO` writes. */
function flush(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
