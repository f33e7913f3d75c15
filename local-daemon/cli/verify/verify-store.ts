import { statSync } from 'node:fs'
import BetterSqlite, { type Database } from 'better-sqlite3'
import { daemonFolds } from '../../access/folds.ts'
import { predecessorsIn } from '../../store/predecessors.ts'
import { realPath } from '../../home/real-path.ts'
import { openConnection, openFailure } from '../../store/file/open-connection.ts'
import { MIGRATIONS } from '../../store/file/migrations.ts'
import { refuseForeignSchema } from '../../store/file/refuse-foreign-schema.ts'
import { StoreOpenError } from '../../store/store-error.ts'
import { lineageBreak } from '../../store/lineage/judge-lineage.ts'
import { refuseLoneLog } from '../../store/file/kept-log.ts'
import { readLineage } from '../../store/lineage/lineage-file.ts'
import { type Placement, readPlacement } from '../../store/namespaces/placement.ts'
import { createReader } from '../../store/reader.ts'
import { prepareStatements, type Statements } from '../../store/statements.ts'
import type { StoredRecord } from '../../store/stored-record.ts'
import { type Fold, upsertThreadOf } from '../../store/transactor.ts'
import { checkRecord, RECORD_COLUMNS, type RecordColumns } from './check-record.ts'
import { recordOf } from './check-redacted.ts'
import { compareTables } from './compare-tables.ts'
import { refuseForeign } from './refuse-foreign.ts'
import { type Finding, Findings } from './findings.ts'
import { Redactions } from './redactions.ts'

export interface VerifyOptions {
  /** The database file. */
  readonly path: string
  /** The identity that signs for it now, and those before it, the newest first. */
  readonly did: string
  readonly lineage: readonly string[]
  /** The file that remembers the store; absent for a copy of it: an older one is as good as a newer one. */
  readonly lineageFile?: string
  /** Told how many records are checked, and of how many. */
  readonly onProgress?: (done: number, total: number) => void
  /** Aborts when it is to stop early: what was checked until then is told. */
  readonly signal?: AbortSignal
}

export interface Verification {
  /** Records that were checked. */
  readonly records: number
  /** Whether everything was looked at. */
  readonly complete: boolean
  /** The first of them; `count` has all. */
  readonly findings: readonly Finding[]
  readonly count: number
}

const SLICE = 200

/**
 * Looks at everything in a store: what SQLite says of its file, each record's form, id and signature, the tables that are made of
 * records, and whether it is the store that is remembered. Reads alone, in slices, so that a daemon can go on writing meanwhile.
 *
 * @throws StoreOpenError for a file that cannot be opened at all, STORE_FOREIGN_SCHEMA, and IDENTITY_MISMATCH for a store of another home
 */
export async function verifyStore(options: VerifyOptions): Promise<Verification> {
  const findings = new Findings()
  // Before anything of the store is read: a daemon that runs moves both on.
  const { lineageFile } = options
  const mark = lineageFile === undefined ? undefined : readLineage(lineageFile)
  const { database, statements } = open(realPath(options.path))
  const rebuilt = openConnection(null)
  try {
    await refuseForeign(database, options)
    checkFile(database, findings)
    const total = headOf(database, findings)
    const parts = rebuildParts(statements, total, options)
    const made = prepareStatements(rebuilt)
    const walk = new Walk(database, findings)
    const redactions = new Redactions(statements, [options.did, ...options.lineage])
    let records = 0
    const told = (complete: boolean) => ({
      records,
      complete,
      findings: findings.named,
      count: findings.count,
    })
    for (;;) {
      if (options.signal?.aborted === true) {
        return told(false)
      }
      const rows = walk.next(total)
      if (rows.length === 0) break
      for (const row of rows) {
        records += 1
        const isWhole = row.redacted_id === null
        const checked = isWhole ? await checkRecord(row) : redactions.check(row)
        if (typeof checked === 'string') {
          const { seq } = row
          findings.add({ check: 'record', seq, message: `record ${seq} ${checked}` })
        } else {
          const wrong = applyTo(made, checked, row, parts)
          if (wrong !== undefined) findings.add(wrong)
          redactions.note(checked)
        }
      }
      options.onProgress?.(records, total)
    }
    // One view of it all: what was appended meanwhile is folded, and the tables compared, as of one moment.
    database
      .transaction(() => {
        for (let rest = walk.next(Infinity); rest.length > 0; rest = walk.next(Infinity)) {
          for (const row of rest) {
            const record = recordOf(row)
            if (record === undefined) continue
            const wrong = applyTo(made, record, row, parts)
            if (wrong !== undefined) findings.add(wrong)
            redactions.note(record)
          }
        }
        compareTables(database, rebuilt, findings)
        redactions.compare(database, findings)
      })
      .deferred()
    if (lineageFile === undefined) return told(true)
    const idStartAt = (seq: number) => statements.idStartAt.get(seq)?.toString('hex')
    findings.guard('lineage', 'read the epoch', () => {
      const epoch = statements.epoch.get() ?? ''
      const broken = lineageBreak(mark, { epoch, head: walk.last, idStartAt })
      if (broken !== undefined) findings.add({ check: 'lineage', message: broken })
    })
    return told(true)
  } finally {
    rebuilt.close()
    database.close()
  }
}

function open(path: string): { readonly database: Database; readonly statements: Statements } {
  refuseLoneLog(path)
  let database: Database | undefined
  try {
    // SQLite says of a missing file only that it cannot open it.
    statSync(path)
    database = new BetterSqlite(path, { readonly: true, fileMustExist: true, timeout: 1_000 })
    database.pragma('trusted_schema = OFF')
    refuseForeignSchema(database, path)
    refuseOtherSchema(database, path)
    return { database, statements: prepareStatements(database) }
  } catch (error) {
    const reason = error instanceof StoreOpenError ? error : openFailure(path, error)
    database?.close()
    throw reason
  }
}

/** Its tables are others. A check changes nothing, so it cannot bring the file to the schema of this version. */
function refuseOtherSchema(database: Database, path: string): void {
  const found = Number(database.pragma('user_version', { simple: true }))
  if (found === 0 || found >= MIGRATIONS.length) return
  throw new StoreOpenError(
    'STORE_UNREADABLE',
    `Open store ${path}: an earlier spl wrote it (schema ${found}, this one has ${MIGRATIONS.length})`,
    'Of a home: spl serve --restart brings it to this version. Of a copy: spl restore it into another home first.',
  )
}

function checkFile(database: Database, findings: Findings): void {
  findings.guard('file', 'the file', () => {
    const lines = database.pragma('integrity_check(10)') as { integrity_check: string }[]
    for (const { integrity_check: line } of lines) {
      if (line !== 'ok') findings.add({ check: 'file', message: line.replaceAll('\n', ' ') })
    }
  })
}

function headOf(database: Database, findings: Findings): number {
  let head = 0
  findings.guard('file', 'the newest record', () => {
    head = Number(database.prepare('SELECT coalesce(max(seq), 0) FROM records').pluck().get())
  })
  return head
}

/** What the tables that are kept from records are made with. */
interface RebuildParts {
  readonly folds: readonly Fold[]
  readonly placementIn: (record: StoredRecord) => Placement | undefined
  /** By thread: what was read so far. */
  readonly placed: Map<string, string>
}

function rebuildParts(statements: Statements, head: number, options: VerifyOptions): RebuildParts {
  const reader = createReader({
    statements,
    head: () => head,
    refusal: asItIs,
    damaged: (what) => new Error(what),
  })
  const before = predecessorsOf(reader, options)
  return {
    folds: daemonFolds(options.did, before),
    placementIn: (record) => readPlacement(record, options.did, before),
    placed: new Map(),
  }
}

function predecessorsOf(
  reader: ReturnType<typeof createReader>,
  { did, lineage }: VerifyOptions,
): ReturnType<typeof predecessorsIn> {
  try {
    return predecessorsIn(reader, did, lineage)
  } catch {
    // A damaged record among them is found below, by its number.
    return new Map()
  }
}

/** Returns what is wrong if the record stands in another namespace than its thread. */
function applyTo(
  made: Statements,
  record: StoredRecord,
  { seq, received_at: received, namespace }: RecordColumns,
  { folds, placementIn, placed }: RebuildParts,
): Finding | undefined {
  const wanted = upsertThreadOf(made, record, Number(received), placed.get(record.thread))
  const placement = placementIn(record)
  if (placement !== undefined) placed.set(placement.thread, placement.namespace)
  for (const fold of folds) if (fold.thread === record.thread) fold.apply(made, record)
  if (wanted === namespace) return undefined
  return { check: 'record', seq, message: `record ${seq} has another namespace than its thread` }
}

/** Goes through the records in their order, and names those that cannot be read or are not there. */
class Walk {
  readonly #findings: Findings
  readonly #slice
  readonly #one
  last = 0

  constructor(database: Database, findings: Findings) {
    this.#findings = findings
    this.#slice = database.prepare<[after: number, upTo: number, limit: number], RecordColumns>(
      `${RECORD_COLUMNS} WHERE r.seq > ? AND r.seq <= ? ORDER BY r.seq LIMIT ?`,
    )
    this.#one = database.prepare<[seq: number], RecordColumns>(`${RECORD_COLUMNS} WHERE r.seq = ?`)
  }

  /** The next records up to a place, none at the end. */
  next(upTo: number): readonly RecordColumns[] {
    while (this.last < upTo) {
      const rows = this.#read(upTo)
      const found = rows.at(-1)?.seq
      if (found !== undefined) {
        this.#nameGaps(rows)
        this.last = found
        return rows
      }
      if (upTo === Infinity) return []
      // Nothing of a whole slice: it is damaged, or the end of the file is.
      const end = Math.min(upTo, this.last + SLICE)
      this.#missing(this.last + 1, end)
      this.last = end
    }
    return []
  }

  #read(upTo: number): readonly RecordColumns[] {
    const most = upTo === Infinity ? Number.MAX_SAFE_INTEGER : upTo
    try {
      return this.#slice.all(this.last, most, SLICE)
    } catch {
      const rows: RecordColumns[] = []
      for (let seq = this.last + 1; seq <= Math.min(most, this.last + SLICE); seq += 1) {
        try {
          const row = this.#one.get(seq)
          if (row !== undefined) rows.push(row)
        } catch {
          // Named as missing below.
        }
      }
      return rows
    }
  }

  #nameGaps(rows: readonly RecordColumns[]): void {
    let expected = this.last + 1
    for (const { seq } of rows) {
      if (seq > expected) this.#missing(expected, seq - 1)
      expected = seq + 1
    }
  }

  #missing(first: number, last: number): void {
    for (let seq = first; seq <= last; seq += 1) {
      this.#findings.add({ check: 'record', seq, message: `record ${seq} cannot be read` })
    }
  }
}

function asItIs(error: unknown): unknown {
  return error
}
