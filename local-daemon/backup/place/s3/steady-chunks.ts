import type { IncomingMessage } from 'node:http'

/** What a store must at least bring, so that it is waited for. */
export interface Pace {
  /** Length of a window, milliseconds. */
  readonly silenceMs: number
  /** Bytes a second, over a window. */
  readonly slowestBytesPerSecond: number
}

/** The store answers, but slower than is waited for. */
export class SlowStoreError extends Error {
  override readonly name = 'SlowStoreError'
}

/**
 * The body of an answer, as long as it comes fast enough. Only the time that was spent waiting for the store counts, so whoever reads
 * may be slow. Silence is not seen here: the connection has a time limit for it.
 *
 * @throws SlowStoreError, and what the answer throws
 */
export async function* steadyChunks(
  answer: IncomingMessage,
  { silenceMs, slowestBytesPerSecond }: Pace,
): AsyncGenerator<Buffer, void, undefined> {
  const least = (slowestBytesPerSecond * silenceMs) / 1000
  let waited = 0
  let bytes = 0
  let since = performance.now()
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    waited += performance.now() - since
    bytes += chunk.length
    if (waited >= silenceMs) {
      if (bytes < least) throw new SlowStoreError('too slow')
      waited = 0
      bytes = 0
    }
    yield chunk
    since = performance.now()
  }
}
