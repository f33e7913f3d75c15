import { setImmediate as turn } from 'node:timers/promises'

/**
 * Chunks as they come, until a signal aborts: also while nothing comes. Ctrl-C ends whoever writes the pipe as well, so an end
 * counts only if no signal has come with it: its last line may be torn.
 *
 * @throws what `signal` aborts with
 */
export async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  for (;;) {
    signal.throwIfAborted()
    const next = await nextOf(iterator, signal)
    if (next.done === true) {
      await turn()
      signal.throwIfAborted()
      return
    }
    yield next.value
  }
}

function nextOf(
  iterator: AsyncIterator<Uint8Array>,
  signal: AbortSignal,
): Promise<IteratorResult<Uint8Array>> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
      .catch(reject)
  })
}
