import type { IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import type { Check } from '../check.ts'
import { open, type Outside } from './outside.ts'

const NAME = 'streaming'
const COUNT = 4
const INTERVAL_MS = 250
/** Time to the first event beyond which a stream feels dead, milliseconds. */
const FIRST_MS = 1_000

/** When one event of `/v1/connection/events` was sent, by the daemon's clock, and came, by ours; milliseconds. */
export interface Arrival {
  readonly sent: number
  readonly came: number
}

/** Whether events arrive when they are sent. */
export async function probeStreaming(outside: Outside): Promise<Check> {
  const started = performance.now()
  const path = `/v1/connection/events?count=${COUNT}&interval_ms=${INTERVAL_MS}`
  const response = await open(outside, { path, headers: { accept: 'text/event-stream' } })
  const { statusCode = 0, headers } = response
  if (statusCode !== 200 || !headers['content-type']?.startsWith('text/event-stream')) {
    response.destroy()
    return {
      name: NAME,
      status: 'fail',
      message: `The event stream got status ${statusCode} ${headers['content-type'] ?? ''}`.trim(),
      fix: 'Forward every path to the daemon, and use a valid bearer token: spl token info',
      details: { status: statusCode },
    }
  }
  const arrivals = await readArrivals(response, started)
  return judgeArrivals(arrivals, COUNT, headers['content-encoding'])
}

export function judgeArrivals(
  arrivals: readonly Arrival[],
  expected: number,
  coding: string | undefined,
): Check {
  const [first] = arrivals
  const last = arrivals.at(-1)
  const details = {
    first_event_ms: first === undefined ? null : Math.round(first.came),
    events: arrivals.length,
    ...(coding !== undefined && { content_encoding: coding }),
  }
  if (first === undefined || last === undefined || arrivals.length < expected) {
    return {
      name: NAME,
      status: 'fail',
      message: `Only ${arrivals.length} of ${expected} events arrived before the stream ended`,
      fix: 'See the log of the proxy: it cut the stream.',
      details,
    }
  }
  // A gap between two events may shrink on the way; that all of it is gone means that somebody gathers them.
  const sentMs = last.sent - first.sent
  const cameMs = last.came - first.came
  if (cameMs < sentMs / 2) {
    return {
      name: NAME,
      status: 'fail',
      message: `The proxy holds events back: they were sent over ${Math.round(sentMs)} ms and arrived within ${Math.round(cameMs)} ms`,
      fix:
        'Turn buffering off (nginx: proxy_buffering off; and no proxy_ignore_headers X-Accel-Buffering)' +
        (coding === undefined ? '.' : ', and compression too (nginx: gzip off;).'),
      details,
    }
  }
  if (first.came > FIRST_MS) {
    return {
      name: NAME,
      status: 'warn',
      message: `The first event took ${Math.round(first.came)} ms`,
      fix: 'Events arrive as they are sent, but late: look for a slow connection, or a proxy that waits before it connects.',
      details,
    }
  }
  const message = `Events arrive as they are sent, the first after ${Math.round(first.came)} ms`
  return { name: NAME, status: 'pass', message, details }
}

async function readArrivals(response: IncomingMessage, started: number): Promise<Arrival[]> {
  const arrivals: Arrival[] = []
  const parser = createParser({
    onEvent({ event, data }) {
      if (event !== 'probe') return
      const { time } = JSON.parse(data) as { readonly time: number }
      arrivals.push({ sent: time, came: performance.now() - started })
    },
  })
  response.setEncoding('utf8')
  try {
    for await (const text of response as AsyncIterable<string>) parser.feed(text)
  } catch {
    // Cut: what came so far tells.
  }
  return arrivals
}
