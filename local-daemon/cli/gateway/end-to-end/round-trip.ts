import { Agent as HttpAgent, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'

/** Requests whose median is told, after one that opens the connection. */
const SAMPLES = 5

/**
 * Milliseconds that `/health` takes there and back on an open connection: the median of five.
 *
 * @throws Error when one does not come back in time
 */
export async function medianRoundTrip(
  origin: URL,
  ca: string | undefined,
  withinMs: number,
): Promise<number> {
  const secure = origin.protocol === 'https:'
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 1, ...(ca !== undefined && { ca }) })
    : new HttpAgent({ keepAlive: true, maxSockets: 1 })
  const request = secure ? requestHttps : requestHttp
  const ask = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const started = performance.now()
      const signal = AbortSignal.timeout(withinMs)
      const sent = request(new URL('/health', origin), { agent, signal }, (response) => {
        response.resume()
        response.once('end', () => resolve(performance.now() - started))
        response.once('error', reject)
      })
      sent.once('error', reject)
      sent.end()
    })
  try {
    await ask()
    const times: number[] = []
    for (let sample = 0; sample < SAMPLES; sample++) times.push(await ask())
    const median = times.toSorted((a, b) => a - b)[Math.floor(SAMPLES / 2)] ?? 0
    return Math.round(median * 10) / 10
  } finally {
    agent.destroy()
  }
}
