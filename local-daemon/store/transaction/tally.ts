import type { SplRecord } from '../../../protocol/records/record.ts'
import { goalOf } from '../redaction/thread-goal.ts'
import type { Statements } from '../statements.ts'

/** A thread that has got records in this transaction. */
interface Counted {
  /** The number of the thread, and of its namespace. */
  readonly number: number
  readonly namespace: number
  /** The name of it that a line from elsewhere has said, and that was found true. */
  stated: string | undefined
  /** What the table does not have yet. */
  records: number
  lastSeq: number
  lastReceivedAt: number
  goal: string | null
}

/** What a tally writes. */
export interface Counts {
  readonly seq: number
  readonly receivedAt: number
  readonly namespace: number
  /** Its name, if a line from elsewhere says it. */
  readonly stated?: string | undefined
}

type TallyStatements = Pick<
  Statements,
  'upsertThread' | 'countThread' | 'addToNamespace' | 'nameNumber' | 'addName' | 'lastClock'
>

/**
 * What one transaction knows of threads, names and clocks: nobody else writes meanwhile, so each is asked for once, and
 * counts are written once, at its end.
 */
export class Tally {
  readonly #statements: TallyStatements
  readonly #threads = new Map<string, Counted>()
  readonly #names = new Map<string, number>()
  readonly #clocks = new Map<string, number>()

  constructor(statements: TallyStatements) {
    this.#statements = statements
  }

  /**
   * The number of the namespace of a thread that has got a record in this transaction; undefined if it is not known to be what
   * a line from elsewhere says.
   */
  namespaceOf(thread: string, stated?: string): number | undefined {
    const known = this.#threads.get(thread)
    return stated === undefined || known?.stated === stated ? known?.namespace : undefined
  }

  /** Counts a record. Returns the number of its thread. */
  count({ thread, actor, act, body, clock }: SplRecord, counts: Counts): number {
    const key = clockKey(thread, actor)
    const last = this.#clocks.get(key)
    if (last !== undefined && clock > last) this.#clocks.set(key, clock)
    const { seq, receivedAt, namespace, stated } = counts
    const known = this.#threads.get(thread)
    if (known !== undefined) {
      known.records += 1
      known.lastSeq = seq
      known.lastReceivedAt = receivedAt
      known.goal ??= goalOf(body)
      known.stated ??= stated
      return known.number
    }
    const number = upsertThread(this.#statements, { thread, act, body }, counts)
    this.#threads.set(thread, {
      number,
      namespace,
      stated,
      records: 0,
      lastSeq: seq,
      lastReceivedAt: receivedAt,
      goal: null,
    })
    return number
  }

  /** The highest clock of an actor on a thread, -1 if there is none. */
  lastClock(thread: string, actor: string): number {
    const key = clockKey(thread, actor)
    const known = this.#clocks.get(key)
    if (known !== undefined) return known
    const last = this.#statements.lastClock.get(thread, actor) ?? -1
    this.#clocks.set(key, last)
    return last
  }

  /** The number of an actor or an origin, which is kept once. */
  numberOf(name: string): number {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const { nameNumber, addName } = this.#statements
    const number = nameNumber.get(name) ?? (addName.get(name) as number)
    this.#names.set(name, number)
    return number
  }

  /** Writes the counts, and forgets what it knows of threads: a record may have changed what a namespace takes. */
  write(): void {
    for (const {
      number,
      namespace,
      records,
      lastSeq,
      lastReceivedAt,
      goal,
    } of this.#threads.values()) {
      if (records === 0) continue
      this.#statements.countThread.run(records, lastSeq, lastReceivedAt, goal, number)
      this.#statements.addToNamespace.run(namespace, 0, records)
    }
    this.#threads.clear()
  }
}

function clockKey(thread: string, actor: string): string {
  return `${thread} ${actor}`
}

/** Writes the row of a record’s thread. Returns the number of the thread. */
export function upsertThread(
  statements: Pick<Statements, 'upsertThread' | 'addToNamespace'>,
  { thread, act, body }: Pick<SplRecord, 'thread' | 'act' | 'body'>,
  { seq, receivedAt, namespace }: Counts,
): number {
  // Both an insert and an update return the row.
  const number = statements.upsertThread.get(
    ...([seq, thread, seq, receivedAt, receivedAt, act, goalOf(body), namespace] as const),
  ) as number
  statements.addToNamespace.run(namespace, number === seq ? 1 : 0, 1)
  return number
}
