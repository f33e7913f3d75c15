import { once } from 'node:events'
import { sendRequest, type Target } from '../../client/send-request.ts'

/**
 * Milliseconds until the first byte of an event stream comes. A proxy that buffers gives its head at once and its bytes never.
 *
 * @throws Error the code of a refusal, or that no byte came in time
 */
export async function firstEvent(
  target: Target,
  bearer: string,
  withinMs: number,
): Promise<number> {
  const started = performance.now()
  const ending = new AbortController()
  const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(withinMs)])
  try {
    const headers = { authorization: `Bearer ${bearer}`, accept: 'text/event-stream' }
    const path = '/v1/sync/subscribe'
    const request = { method: 'GET', path, headers, silenceMs: withinMs, signal }
    const response = await sendRequest(target, request)
    if (response.statusCode !== 200) {
      response.destroy()
      throw new Error(`status ${response.statusCode}`)
    }
    response.on('error', () => {})
    await once(response, 'data', { signal })
    return Math.round(performance.now() - started)
  } finally {
    ending.abort()
  }
}
