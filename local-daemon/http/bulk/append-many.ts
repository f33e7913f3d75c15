import { detach } from '../../../protocol/detach.ts'
import type { StreamItem } from '../../../protocol/json/line-splitter.ts'
import { claimRules, GRANT_ENDS } from '../../access/authorise.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { Ingest } from '../../store/ingest/ingest.ts'
import { ProofPool } from '../../store/proofs/proof-pool.ts'
import { linesAnswer } from '../answers/answer.ts'
import { onAbort } from '../connection/on-abort.ts'
import type { createDraftRights, Sender } from '../input/draft-rights.ts'
import { HTTP_LIMITS } from '../limits.ts'
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
  const { store, identity, authorise, grants, stopping, did, settings, logger } = parts
  const seats = new BulkSeats()
  const proofs = new ProofPool()

  return function appendMany(
    c: RouteContext,
    sender: Sender,
    posted: PostedMany,
    isTrial: boolean,
  ): Response {
    const { principal } = sender
    refuseKey(c.req.raw.headers)
    const seat = seats.take(principal, displace)
    const ended = new AbortController()
    const ingest = new Ingest({
      store,
      proofs,
      origin: identity,
      mayGoOn: () => authorise.still(principal),
      isTrial,
    })

    function cut(problem: ProblemError): void {
      ingest.fail(problem)
      ended.abort()
    }

    function displace(): void {
      // Its reader may have stopped too: what it holds goes with its place.
      ingest.drop(displaced())
      ended.abort()
    }

    const unwatch = grants.watch(principal, (code) => {
      const { message, next } = GRANT_ENDS[code]
      cut(new ProblemError(code, message, { try: next }))
    })
    const unstop = onAbort([stopping], () => cut(stops()))
    const check = (item: StreamItem) =>
      checkLine(item, { sender, rightsOf, claimRules: claimRules(settings), did })
    const taking = { check, ingest, ended: ended.signal, taken: () => seat.moved() }
    detach(readLines(posted, taking), (error) => ingest.fail(error))
    const outcomes = outcomeStream({
      next: () => ingest.next(),
      leave() {
        ingest.end()
        ended.abort()
        unwatch()
        unstop()
        seat.leave()
      },
      note: (error) => logger.error({ err: error, request_id: sender.requestId }, 'append many'),
      requestId: sender.requestId,
      tellsPlaces: principal.reach === undefined,
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

function displaced(): ProblemError {
  const seconds = HTTP_LIMITS.bulkIdleMs / 1000
  return new ProblemError(
    'RATE_LIMITED',
    `Another bulk append took the place of this one, which had sent no line for ${seconds} seconds`,
    { try: 'Send the rest in another request, at once.', retryAfter: 5 },
  )
}
