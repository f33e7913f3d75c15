import type { Database } from 'better-sqlite3'
import { redactionClaim } from '../../access/redaction-note.ts'
import type { Statements } from '../../store/statements.ts'
import type { StoredRecord } from '../../store/stored-record.ts'
import { ID_START_BYTES, ID_START_DIGITS, toStoredRecord } from '../../store/to-stored-record.ts'
import type { RecordColumns } from './check-record.ts'
import { checkRedacted } from './check-redacted.ts'
import type { Findings } from './findings.ts'

/** Tells redactions from damage: each has a note of the daemon, and each note a redaction. */
export class Redactions {
  readonly #statements: Statements
  readonly #own: readonly string[]
  readonly #noted = new Set<string>()

  /** @param own the identities of this home */
  constructor(statements: Statements, own: readonly string[]) {
    this.#statements = statements
    this.#own = own
  }

  /** A record was found sound: it may be a note. */
  note(record: StoredRecord): void {
    const claim = redactionClaim(record, this.#own)
    if (claim !== undefined) this.#noted.add(claim.recordId)
  }

  check(row: RecordColumns): StoredRecord | string {
    const start = row.noted_by?.subarray(0, ID_START_BYTES) ?? Buffer.alloc(0)
    const found = this.#statements.recordsById.all(start).map((one) => toStoredRecord(one, NONE))
    const note = found.find((one) => one?.id === row.noted_by?.toString('hex'))
    return checkRedacted(row, redactionClaim(note, this.#own))
  }

  #isHere(id: string): boolean {
    const start = Buffer.from(id.slice(0, ID_START_DIGITS), 'hex')
    const found = this.#statements.recordsById.all(start).map((one) => toStoredRecord(one, NONE))
    return found.some((one) => one?.id === id)
  }

  compare(database: Database, findings: Findings): void {
    findings.guard('table', 'table redactions', () => {
      const sql = 'SELECT lower(hex(id)) FROM redactions ORDER BY seq'
      const ids = database.prepare<[], string>(sql).pluck().all()
      const known = new Set(ids)
      // A note may come back by an import, without the record that it tells of.
      const undone = [...this.#noted].find((id) => !known.has(id) && this.#isHere(id))
      const name = ids.find((id) => !this.#noted.has(id)) ?? undone
      if (name === undefined) return
      const message = `table redactions is not what the records make of it, first at ${name}`
      findings.add({ check: 'table', message })
    })
  }
}

const NONE = () => undefined
