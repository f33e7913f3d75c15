import type { Check } from '../check.ts'
import { open, type Outside } from './outside.ts'

const NAME = 'silent-stream'
/** A silent stream says something every 15 seconds; a little more, milliseconds. */
const WAIT_MS = 20_000

/**
 * Whether a silent event stream lives from one heartbeat to the next: the longest silence that there is. Takes that
 * long, so it is asked on demand. A stream that nobody may open is skipped.
 */
export async function probeSilentStream(outside: Outside, waitMs = WAIT_MS): Promise<Check> {
  const signal = AbortSignal.timeout(waitMs)
  const path = '/v1/sync/subscribe?since=now'
  const headers = { accept: 'text/event-stream' }
  const response = await open(outside, { path, signal, silenceMs: waitMs, headers })
  const { statusCode = 0 } = response
  if (statusCode !== 200) {
    response.destroy()
    const message = `The feed cannot be followed with this bearer token (${statusCode})`
    return { name: NAME, status: 'skip', message }
  }
  const started = performance.now()
  let cut = 'the end of the stream'
  try {
    let text = ''
    response.setEncoding('utf8')
    for await (const chunk of response as AsyncIterable<string>) {
      text = (text + chunk).slice(-1_000)
      if (!/(?:^|\n):/.test(text)) continue
      response.destroy()
      return { name: NAME, status: 'pass', message: 'A silent event stream stays open' }
    }
  } catch (error) {
    cut = signal.aborted ? 'no heartbeat' : (error as Error).message
  }
  const seconds = Math.round((performance.now() - started) / 1000)
  return {
    name: NAME,
    status: 'fail',
    message: `A silent event stream was cut after ${seconds} s: ${cut}`,
    fix: 'Allow silent connections for longer than 15 seconds (nginx: proxy_read_timeout 3600s;), and turn buffering off.',
    details: { seconds },
  }
}
