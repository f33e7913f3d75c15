import { ArrayError } from '../../../protocol/json/array-splitter.ts'
import type { StreamItem } from '../../../protocol/json/line-splitter.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { Entry } from '../../store/ingest/entry.ts'
import type { Ingest } from '../../store/ingest/ingest.ts'
import { onAbort } from '../connection/on-abort.ts'
import { HTTP_LIMITS } from '../limits.ts'
import type { PostedMany } from './read-posted.ts'

/** What becomes of the lines of a body. */
export interface LineTaker {
  readonly check: (item: StreamItem) => Entry
  readonly ingest: Ingest
  /** Aborts when nobody wants more lines. */
  readonly ended: AbortSignal
  /** Called when lines were taken. */
  readonly taken: () => void
}

/**
 * Reads a body into a bulk append, no faster than that takes its lines. Never rejects: what is wrong with the body as a whole,
 * and a sender that does not go on, end the append after the lines before it. To go on is to send a line, or a good part of one:
 * blank lines and single bytes would hold a seat for ever.
 */
export async function readLines(
  { splitter, begun, body }: PostedMany,
  { check, ingest, ended, taken }: LineTaker,
): Promise<void> {
  const pace = new Pace()

  async function take(items: Iterable<StreamItem>, bytes = 0): Promise<void> {
    let startedAt = performance.now()
    let lines = 0
    for (const item of items) {
      if (ended.aborted) return
      lines += 1
      ingest.add(check(item))
      const room = ingest.room()
      if (room !== undefined) await room
      else if (performance.now() - startedAt < HTTP_LIMITS.bulkTurnMs) continue
      else await nextTurn()
      startedAt = performance.now()
    }
    ingest.pause()
    if (lines > 0) taken()
    pace.took(lines, bytes)
  }

  try {
    for (const chunk of begun) await take(splitter.push(chunk))
    for (;;) {
      const chunk = await nextChunk(body, ended, pace.leftMs)
      if (chunk === undefined || ended.aborted) break
      await take(splitter.push(chunk), chunk.byteLength)
    }
    if (!ended.aborted) await take(splitter.end())
    ingest.end()
  } catch (error) {
    ingest.fail(error instanceof ArrayError ? brokenArray(error) : error)
  } finally {
    body.leave()
  }
}

/** How long a sender may take still for its next line, or the next part of a long one. */
class Pace {
  #until = performance.now() + HTTP_LIMITS.bulkSilenceMs
  #bytes = 0

  get leftMs(): number {
    return Math.max(0, this.#until - performance.now())
  }

  took(lines: number, bytes: number): void {
    this.#bytes += bytes
    if (lines === 0 && this.#bytes < HTTP_LIMITS.bulkSilenceBytes) return
    this.#bytes = 0
    this.#until = performance.now() + HTTP_LIMITS.bulkSilenceMs
  }
}

/**
 * Undefined at the end, and once nobody wants more. Rejects with `REQUEST_TIMEOUT` if nothing comes in time.
 *
 * Without `Promise.race`: what lives as long as the request would keep every chunk that has won against it.
 */
function nextChunk(
  body: PostedMany['body'],
  ended: AbortSignal,
  withinMs: number,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    if (ended.aborted) return resolve(undefined)
    const timer = setTimeout(() => settle(() => reject(silent())), withinMs)
    const leave = onAbort([ended], () => settle(() => resolve(undefined)))
    function settle(how: () => void): void {
      clearTimeout(timer)
      leave()
      how()
    }
    body.next().then(
      (chunk) => settle(() => resolve(chunk)),
      (error: unknown) => settle(() => reject(error as Error)),
    )
  })
}

function silent(): ProblemError {
  const seconds = HTTP_LIMITS.bulkSilenceMs / 1000
  return new ProblemError('REQUEST_TIMEOUT', `No line came for ${seconds} seconds`, {
    try: 'Send the rest in another request.',
  })
}

function brokenArray({ message }: ArrayError): ProblemError {
  return new ProblemError('INVALID_REQUEST', message, {
    field: '$',
    try: 'Send one JSON array, or one record in each line as application/x-ndjson.',
  })
}

/** Lets other requests have their turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
