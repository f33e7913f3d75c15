import { openConnection } from '../../../local-daemon/store/file/open-connection.ts'
import { RawRows } from '../raw-rows.ts'

/**
 * The least that an append can be: a row like the store's, in the store's schema and settings; all that arrive in one turn of
 * the event loop share a commit. Nothing is signed, hashed or checked.
 */
export class PlainAppends {
  readonly #database
  readonly #rows: RawRows
  #waiting: { readonly raw: string; readonly done: () => void }[] = []

  constructor(file: string) {
    this.#database = openConnection(file)
    this.#rows = new RawRows(this.#database)
  }

  append(raw: string, done: () => void): void {
    this.#waiting.push({ raw, done })
    if (this.#waiting.length === 1) setImmediate(() => this.#commit())
  }

  close(): void {
    this.#database.close()
  }

  #commit(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#rows.write(waiting.map(({ raw }) => raw))
    for (const { done } of waiting) done()
  }
}
