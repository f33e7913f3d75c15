import { hash } from 'node:crypto'
import { ProblemError } from '../../problem/problem-error.ts'
import type { RecordView } from '../record-view.ts'
import type { Hit } from './record-query.ts'

/** Where a query goes on. */
export interface QueryPlace {
  /** Records that came later are not part of it: each page shows what the first one was made of. */
  readonly upTo: number
  readonly after: Hit
}

/** Two cursors of the log, for the newest record and for the last one of the page; its clock; and what names the query. */
const FORM = /^([^~]{1,256})~([^~]{1,256})~(\d{1,16})~([0-9a-f]{16})$/u

/** The cursor behind a page. @param query what must stay the same from page to page, as text */
export function formatQueryCursor(
  store: Pick<RecordView, 'cursorAt'>,
  query: string,
  { upTo, after }: QueryPlace,
): string {
  return `${store.cursorAt(upTo)}~${store.cursorAt(after.seq)}~${after.clock}~${digest(query)}`
}

/** Throws `ProblemError`: `INVALID_CURSOR`, also for the cursor of another query; and as `placeOf`. */
export function parseQueryCursor(
  store: Pick<RecordView, 'placeOf'>,
  query: string,
  cursor: string,
): QueryPlace {
  const [, log, last, clock, of] = FORM.exec(cursor) ?? []
  if (log === undefined || last === undefined || of !== digest(query)) {
    throw new ProblemError('INVALID_CURSOR', 'The cursor is not one that this query gave', {
      try: 'Hand back next_cursor as received, with all else as it was; or leave it out to start again.',
    })
  }
  return { upTo: store.placeOf(log), after: { seq: store.placeOf(last), clock: Number(clock) } }
}

function digest(query: string): string {
  return hash('sha256', query, 'hex').slice(0, 16)
}
