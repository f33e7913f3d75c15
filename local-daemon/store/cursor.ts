import { ProblemError } from '../problem/problem-error.ts'

/** A place in the arrival order of one store: the reader has seen everything up to and including `seq`. */
export interface Position {
  /** 16 random hex digits, made with the store, and again when it turns out to be another copy. */
  readonly epoch: string
  /** The newest sequence number, 0 for an empty store. */
  readonly head: number
  /** The beginning of the id of the record at a sequence number up to `head`; undefined if it cannot be read. */
  idStartAt(seq: number): string | undefined
}

/** Digits of the record's id in a cursor: two different records have the same ones once in 2^48. */
const CHECK_DIGITS = 12
const NOTHING = '0'.repeat(CHECK_DIGITS)
/** Sixteen digits are enough for every safe integer; a longer number is not ours. */
const FORM = /^([0-9a-f]{16}):(0|[1-9][0-9]{0,15}):([0-9a-f]{12})$/

/**
 * `<epoch>:<seq>:<check>`. Opaque to clients, who only send it back. The check is the beginning of the id of the record at
 * `seq`, so readers notice a store that was restored with everything that remembers it and then continued differently.
 * @param id of the record at `seq`, or its beginning; anything for 0; empty for an unreadable record
 */
export function formatCursor(epoch: string, seq: number, id: string): string {
  return `${epoch}:${seq}:${seq === 0 || id === '' ? NOTHING : id.slice(0, CHECK_DIGITS)}`
}

/**
 * The sequence number that a client's cursor names. Throws `INVALID_CURSOR` for any other text, `CURSOR_EPOCH_CHANGED` for a
 * cursor of another copy of the store, and `CURSOR_FUTURE` for one that this store has not reached: a rolled back store must
 * not look like a store without news.
 */
export function parseCursor(text: string, at: Position): number {
  const [, epoch, digits] = FORM.exec(text) ?? []
  const seq = Number(digits)
  if (epoch === undefined || !Number.isSafeInteger(seq)) throw invalidCursor()
  if (epoch !== at.epoch) throw epochChanged()
  if (seq > at.head) {
    throw new ProblemError('CURSOR_FUTURE', 'The cursor is ahead of everything in this store', {
      try: 'Start again without a cursor; this store may have lost its newest records.',
    })
  }
  const id = seq === 0 ? '' : at.idStartAt(seq)
  // An unreadable record has nothing to compare; the records after it may still be readable.
  if (id !== undefined && formatCursor(epoch, seq, id) !== text) throw epochChanged()
  return seq
}

export function invalidCursor(): ProblemError {
  return new ProblemError('INVALID_CURSOR', 'The cursor is not one that this daemon gave', {
    try: 'Hand back next_cursor or the event id exactly as received, or leave the cursor out to start again.',
  })
}

function epochChanged(): ProblemError {
  return new ProblemError(
    'CURSOR_EPOCH_CHANGED',
    'The cursor is of another store, or the store was restored since it was given',
    { try: 'Start again without a cursor; you can recognise records that you have by their id.' },
  )
}
