/** Something in a store that is not what was written. */
export interface Finding {
  /** Where it was found: by SQLite in the file, in a record, in a table made of records, or in what remembers the store. */
  readonly check: 'file' | 'record' | 'table' | 'lineage'
  readonly message: string
  /** Of a damaged record. */
  readonly seq?: number
}

/** Findings that are named; more are counted. */
const NAMED = 20

/** What was found, in order: the first damaged record is the first that names one. */
export class Findings {
  readonly #named: Finding[] = []
  #count = 0

  add(finding: Finding): void {
    this.#count += 1
    if (this.#named.length < NAMED) this.#named.push(finding)
  }

  get named(): readonly Finding[] {
    return this.#named
  }

  get count(): number {
    return this.#count
  }

  /** What a check throws becomes a finding of it. */
  guard(check: Finding['check'], what: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.add({ check, message: `${what}: ${(error as Error).message}` })
    }
  }
}
