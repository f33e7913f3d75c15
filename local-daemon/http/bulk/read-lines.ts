import { ArrayError } from '../../../protocol/json/array-splitter.ts'
import type { StreamItem } from '../../../protocol/json/line-splitter.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { Entry } from '../../store/ingest/entry.ts'
import type { Ingest } from '../../store/ingest/ingest.ts'
import { onAbort } from '../connection/on-abort.ts'
import { HTTP_LIMITS } from '../limits.ts'
import type { PostedMany } from './read-posted.ts'

/**
 * Reads a body into a bulk append, no faster than that takes its lines. Never rejects: what is wrong with the body as a whole,
 * and its silence, end the append after the lines before it.
 * @param ended aborts when nobody wants more lines
 */
export async function readLines(
  { splitter, begun, body }: PostedMany,
  check: (item: StreamItem) => Entry,
  ingest: Ingest,
  ended: AbortSignal,
): Promise<void> {
  async function take(items: Iterable<StreamItem>): Promise<void> {
    let startedAt = performance.now()
    for (const item of items) {
      if (ended.aborted) return
      ingest.add(check(item))
      const room = ingest.room()
      if (room !== undefined) await room
      else if (performance.now() - startedAt < HTTP_LIMITS.bulkTurnMs) continue
      else await nextTurn()
      startedAt = performance.now()
    }
    ingest.pause()
  }

  try {
    for (const chunk of begun) await take(splitter.push(chunk))
    for (;;) {
      const chunk = await nextChunk(body, ended)
      if (chunk === undefined || ended.aborted) break
      await take(splitter.push(chunk))
    }
    if (!ended.aborted) await take(splitter.end())
    ingest.end()
  } catch (error) {
    ingest.fail(error instanceof ArrayError ? brokenArray(error) : error)
  } finally {
    body.leave()
  }
}

/**
 * Undefined at the end, and once nobody wants more. Rejects with `REQUEST_TIMEOUT` if the sender is silent for too long.
 *
 * Without `Promise.race`: what lives as long as the request would keep every chunk that has won against it.
 */
function nextChunk(body: PostedMany['body'], ended: AbortSignal): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    if (ended.aborted) return resolve(undefined)
    const timer = setTimeout(() => settle(() => reject(silent())), HTTP_LIMITS.bulkSilenceMs)
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
