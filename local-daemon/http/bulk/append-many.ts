import { detach } from '../../../protocol/detach.ts'
import { GRANT_ENDS } from '../../access/authorise.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { Ingest } from '../../store/ingest/ingest.ts'
import { linesAnswer } from '../answers/answer.ts'
import { onAbort } from '../connection/on-abort.ts'
import type { createDraftRights, Sender } from '../input/draft-rights.ts'
import type { RouteContext } from '../router.ts'
import type { RouteParts } from '../routes/route-parts.ts'
import { checkLine } from './check-line.ts'
import { outcomeStream } from './outcome-stream.ts'
import { readLines } from './read-lines.ts'
import type { PostedMany } from './read-posted.ts'
import { BulkSeats } from './bulk-seats.ts'

/** Appends many records, with a stream of outcomes for an answer; the answer begins while the body still comes. */
export function createAppendMany(
  parts: RouteParts,
  rightsOf: ReturnType<typeof createDraftRights>,
) {
  const { store, identity, authorise, grants, stopping, did, logger } = parts
  const seats = new BulkSeats()

  return function appendMany(
    c: RouteContext,
    sender: Sender,
    posted: PostedMany,
    isTrial: boolean,
  ): Response {
    const { principal } = sender
    refuseKey(c.req.raw.headers)
    const leaveSeat = seats.take(principal)
    const ended = new AbortController()
    const ingest = new Ingest({
      store,
      origin: identity,
      mayGoOn: () => authorise.still(principal),
      isTrial,
    })

    function cut(problem: ProblemError): void {
      ingest.fail(problem)
      ended.abort()
    }

    const unwatch = grants.watch(principal, (code) => {
      const { message, next } = GRANT_ENDS[code]
      cut(new ProblemError(code, message, { try: next }))
    })
    const unstop = onAbort([stopping], () => cut(stops()))
    const check = (item: Parameters<typeof checkLine>[0]) => checkLine(item, sender, rightsOf, did)
    detach(readLines(posted, check, ingest, ended.signal), (error) => ingest.fail(error))
    const outcomes = outcomeStream({
      next: () => ingest.next(),
      leave() {
        ingest.end()
        ended.abort()
        unwatch()
        unstop()
        leaveSeat()
      },
      note: (error) => logger.error({ err: error, request_id: sender.requestId }, 'append many'),
      requestId: sender.requestId,
    })
    return linesAnswer(c.env, outcomes)
  }
}

function refuseKey(headers: Headers): void {
  if (!headers.has('idempotency-key')) return
  throw new ProblemError('INVALID_HEADERS', 'Idempotency-Key is for one record, not for many', {
    try: 'Leave it out and give each record its clock: then the same lines, sent again, are duplicates.',
  })
}

function stops(): ProblemError {
  return new ProblemError(
    'DAEMON_STOPPING',
    'The daemon is stopping; lines with an outcome are saved',
    {
      try: 'Send the rest once it runs again.',
    },
  )
}
