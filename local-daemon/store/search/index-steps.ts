import type { Database } from 'better-sqlite3'
import { STORE_LIMITS } from '../limits.ts'
import { type IndexedRow, indexEntry } from './index-entry.ts'
import { type IndexState, stateOf } from './index-file.ts'

/** A record that was redacted, as it was indexed. */
export interface Forgotten {
  readonly seq: number
  /** With its body. */
  readonly raw: string
}

/** What a step has done. */
export interface StepResult {
  readonly indexedSeq: number
  /** Whether there are more records to index. */
  readonly more: boolean
}

const COLUMNS = 'seq, raw, namespace, thread, actor'

/**
 * Whether the index was made of this store, as far as it is: of this epoch, with the same record at its end, and with every redaction
 * but those that are about to be applied.
 */
export function belongs(
  store: Database,
  index: Database,
  epoch: string,
  forgotten: number,
): boolean {
  const state = stateOf(index)
  return isOf(store, state, epoch) && state.redactions + forgotten === countRedactions(store)
}

/** The same, whatever was redacted since. */
export function isOf(store: Database, state: IndexState, epoch: string): boolean {
  const found = store
    .prepare<[number], Buffer>('SELECT id_start FROM records WHERE seq = ?')
    .pluck()
    .get(state.indexed_seq)
  const isSame = found === undefined ? state.indexed_seq === 0 : state.id_start?.equals(found)
  return state.epoch === epoch && isSame === true
}

export function countRedactions(store: Database): number {
  return store.prepare<[], number>('SELECT count(*) FROM redactions').pluck().get() ?? 0
}

/**
 * Indexes the next records, in one transaction. Undefined if a redaction has come that was not applied: first it must be, because
 * only the text that was indexed can be taken out again.
 */
export function indexNext(store: Database, index: Database): StepResult | undefined {
  const state = stateOf(index)
  const rows = store.transaction(() => {
    if (countRedactions(store) !== state.redactions) return undefined
    const { indexRecords, indexBytes } = STORE_LIMITS
    const rows: IndexedRow[] = []
    let bytes = 0
    const next = store.prepare<[number, number], IndexedRow & { readonly id_start: Buffer }>(
      `SELECT ${COLUMNS}, id_start FROM records WHERE seq > ? ORDER BY seq LIMIT ?`,
    )
    let idStart: Buffer | undefined
    for (const row of next.iterate(state.indexed_seq, indexRecords)) {
      rows.push(row)
      idStart = row.id_start
      bytes += row.raw.length
      if (bytes >= indexBytes) break
    }
    const last = rows.at(-1)?.seq ?? state.indexed_seq
    const head = store.prepare<[], number>('SELECT max(seq) FROM records').pluck().get() ?? 0
    return { rows, idStart, last, more: last < head }
  })()
  if (rows === undefined) return undefined
  if (rows.idStart !== undefined) {
    index.transaction(() => {
      const insert = insertEntry(index)
      for (const row of rows.rows) insert.run(row.seq, ...indexEntry(row))
      index.prepare('UPDATE state SET indexed_seq = ?, id_start = ?').run(rows.last, rows.idStart)
    })()
  }
  return { indexedSeq: rows.last, more: rows.more }
}

/**
 * Takes redacted records out, and puts in what is left of them. The log still has what is gone: see `clearLog`.
 */
export function forget(store: Database, index: Database, forgotten: readonly Forgotten[]): void {
  const find = store.prepare<[number], IndexedRow>(`SELECT ${COLUMNS} FROM records WHERE seq = ?`)
  const remove = index.prepare(
    "INSERT INTO words (words, rowid, namespace, thread, actor, text) VALUES ('delete', ?, ?, ?, ?, ?)",
  )
  const { indexed_seq: indexedSeq } = stateOf(index)
  index.transaction(() => {
    const insert = insertEntry(index)
    for (const { seq, raw } of forgotten) {
      const row = find.get(seq)
      if (row === undefined || seq > indexedSeq) continue
      remove.run(seq, ...indexEntry({ ...row, raw }))
      insert.run(seq, ...indexEntry(row))
    }
    index.prepare('UPDATE state SET redactions = redactions + ?').run(forgotten.length)
  })()
}

/** Empties the log. Returns false while a search reads the index: its view keeps the log. */
export function clearLog(index: Database): boolean {
  const [done] = index.pragma('wal_checkpoint(TRUNCATE)') as { readonly busy: number }[]
  return done?.busy === 0
}

function insertEntry(index: Database) {
  return index.prepare<[number, ...string[]]>(
    'INSERT INTO words (rowid, namespace, thread, actor, text) VALUES (?, ?, ?, ?, ?)',
  )
}
