import { ProblemError } from '../../problem/problem-error.ts'
import type { Outcome } from '../../store/ingest/entry.ts'
import { problemOf } from '../answers/answer.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { cutText, OutcomeCounts, outcomeText } from './outcome-text.ts'

export interface OutcomeSource {
  /** The next outcomes, durable; undefined: there are no more. Rejects with what cut the append. */
  next(): Promise<readonly Outcome[] | undefined>
  /** Nobody wants more of them. */
  leave(): void
  /** Told of what is no refusal, to log it. */
  note(error: unknown): void
  readonly requestId: string | undefined
  /** Whether its reader may know the places of records among all: by them, who has a reach would count what is out of it. */
  readonly tellsPlaces: boolean
}

/**
 * The answer to a bulk append: a line for each outcome, then the summary, or what cut it and where. Nothing is written before its
 * reader has taken what was; a reader that takes nothing for `bulkStallMs` has the rest cut.
 */
export function outcomeStream(source: OutcomeSource): ReadableStream<Uint8Array> {
  const counts = new OutcomeCounts()
  const encoder = new TextEncoder()
  let line = 1
  let stalled: NodeJS.Timeout | undefined
  let isOver = false

  const textOf = (outcomes: readonly Outcome[]) =>
    outcomes.map((one) => outcomeText(one, source.tellsPlaces)).join('')

  function end(controller: ReadableStreamDefaultController<Uint8Array>, text: string): void {
    if (isOver) return
    isOver = true
    source.leave()
    controller.enqueue(encoder.encode(text))
    controller.close()
  }

  function cut(error: unknown): string {
    if (!(error instanceof ProblemError) || error.cause !== undefined) source.note(error)
    const { code, message, detail } = error instanceof ProblemError ? error : failed()
    return cutText(problemOf(code, message, detail, source.requestId), line)
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(stalled)
        try {
          const outcomes = await source.next()
          if (outcomes === undefined) return end(controller, counts.summary())
          for (const outcome of outcomes) counts.add(outcome)
          line = (outcomes.at(-1)?.line ?? line - 1) + 1
          if (isOver) return
          controller.enqueue(encoder.encode(textOf(outcomes)))
          stalled = setTimeout(() => end(controller, cut(tooSlow())), HTTP_LIMITS.bulkStallMs)
          stalled.unref()
        } catch (error) {
          end(controller, cut(error))
        }
      },
      cancel() {
        isOver = true
        clearTimeout(stalled)
        source.leave()
      },
    },
    // Counted in chunks: with zero, nothing is written to the store that its reader has not asked for.
    { highWaterMark: 0 },
  )
}

function tooSlow(): ProblemError {
  const seconds = HTTP_LIMITS.bulkStallMs / 1000
  return new ProblemError(
    'CONSUMER_TOO_SLOW',
    `The outcomes were not read for ${seconds} seconds`,
    {
      try: 'Read the answer while you send, or send less at a time.',
    },
  )
}

function failed(): ProblemError {
  return new ProblemError('INTERNAL', 'The daemon failed to go on', {
    try: 'Send the rest again; if it stays, see logs/spl.log in the home directory.',
  })
}
