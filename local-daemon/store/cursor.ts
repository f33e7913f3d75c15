import { ProblemError } from '../config/problem-error.ts'

/** A place in the arrival order of one store: everything up to and including `seq` was seen. */
export interface Position {
  /** 16 hex digits, drawn when the store is made and anew when it is restored. */
  readonly epoch: string
  /** The newest sequence number, 0 for an empty store. */
  readonly head: number
}

/** Sixteen digits hold every safe integer; more is no cursor of ours. */
const FORM = /^([0-9a-f]{16}):(0|[1-9][0-9]{0,15})$/

/** `<epoch>:<seq>`. Opaque to clients, who only hand it back. */
export function formatCursor(epoch: string, seq: number): string {
  return `${epoch}:${seq}`
}

/**
 * The sequence number that a client's cursor names. Throws `INVALID_CURSOR` for any other text,
 * `CURSOR_EPOCH_CHANGED` for a cursor of the store before a restore, and `CURSOR_FUTURE` for one that
 * this store has not reached: a store rolled back by hand must not look like one with nothing new.
 */
export function parseCursor(text: string, at: Position): number {
  const [, epoch, digits] = FORM.exec(text) ?? []
  const seq = Number(digits)
  if (epoch === undefined || !Number.isSafeInteger(seq)) {
    throw new ProblemError('INVALID_CURSOR', 'The cursor is not one that this daemon gave', {
      try: 'Hand back next_cursor or the event id exactly as received, or leave the cursor out to start anew.',
    })
  }
  if (epoch !== at.epoch) {
    throw new ProblemError(
      'CURSOR_EPOCH_CHANGED',
      'The store was restored since the cursor was given',
      {
        try: 'Start anew without a cursor; records that you hold already are recognised by id.',
      },
    )
  }
  if (seq > at.head) {
    throw new ProblemError('CURSOR_FUTURE', 'The cursor is ahead of everything in this store', {
      try: 'Start anew without a cursor; this store may have lost its newest records.',
    })
  }
  return seq
}
