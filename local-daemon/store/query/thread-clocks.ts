import type { Database } from 'better-sqlite3'

/** Which clocks of a thread. Plain data: it goes to another thread of the process. */
export interface ClocksRequest {
  readonly thread: string
  /** Behind this actor; undefined: from the first one. */
  readonly after: string | undefined
  readonly limit: number
}

export interface ThreadClocks {
  /** The highest clock of all actors; -1 for a thread without records. */
  readonly last: number
  /** How many actors the thread has. */
  readonly actors: number
  /** The highest clock of each, of some of them. */
  readonly page: readonly { readonly actor: string; readonly clock: number }[]
  readonly more: boolean
}

/** Actors between two steps. */
const STEP = 1_000

/** Reads the highest clock of each actor: two look-ups each in an index, however many records there are. */
export function* threadClocks(
  database: Database,
  { thread, after, limit }: ClocksRequest,
): Generator<void, ThreadClocks> {
  const number = database
    .prepare<[string], number>('SELECT first_seq FROM threads WHERE thread = ?')
    .pluck()
    .get(thread)
  const next = database
    .prepare<[number, number], number | null>(
      'SELECT min(actor) FROM records INDEXED BY records_by_clock WHERE thread = ? AND actor > ?',
    )
    .pluck()
  const clockOf = database
    .prepare<[number, number], number>(
      'SELECT max(clock) FROM records INDEXED BY records_by_clock WHERE thread = ? AND actor = ?',
    )
    .pluck()
  const nameOf = database.prepare<[number], string>('SELECT name FROM names WHERE id = ?').pluck()
  // Of this thread alone: whether an actor is anywhere else is not told.
  const begin =
    after === undefined || number === undefined
      ? -1
      : (database
          .prepare<[string, number], number>(
            `SELECT n.id FROM names n WHERE n.name = ? AND EXISTS
               (SELECT 1 FROM records INDEXED BY records_by_clock WHERE thread = ? AND actor = n.id)`,
          )
          .pluck()
          .get(after, number) ?? -1)
  const page: { actor: string; clock: number }[] = []
  let [last, actors, more] = [-1, 0, false]
  if (number === undefined) return { last, actors, page, more }
  for (let at = next.get(number, -1); typeof at === 'number'; at = next.get(number, at)) {
    const clock = clockOf.get(number, at) ?? -1
    last = Math.max(last, clock)
    actors += 1
    if (at > begin) {
      more = page.length >= limit
      if (!more) page.push({ actor: nameOf.get(at) ?? '', clock })
    }
    if (actors % STEP === 0) yield
  }
  return { last, actors, page, more }
}
