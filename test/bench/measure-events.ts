import { createParser } from 'eventsource-parser'
import { recordBody } from './record-body.ts'
import type { Stage } from './stage.ts'
import { percentile } from './statistics.ts'

/** Milliseconds from before the append at home to the event at a public client. */
export interface EventsResult {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly events: number
}

export async function measureEvents(stage: Stage, events: number): Promise<EventsResult> {
  const authorization = `Bearer ${stage.bearer}`
  const leaving = new AbortController()
  const response = await fetch(
    `${stage.gateway.url}/v1/sync/subscribe?thread=th_events&since=now`,
    {
      headers: { authorization },
      signal: leaving.signal,
    },
  )
  const arrived = new Map<number, number>()
  let wake = () => {}
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === 'record') arrived.set(JSON.parse(data).record.body.n, performance.now())
      wake()
    },
  })
  const reading = read(response, (text) => parser.feed(text)).catch(() => {})
  const latencies: number[] = []
  for (let n = 0; n < events; n += 1) {
    const startedAt = performance.now()
    await fetch(`${stage.directUrl}/v1/records`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ ...recordBody(n), thread: 'th_events' }),
    }).then((answer) => answer.arrayBuffer())
    while (!arrived.has(n)) await new Promise<void>((resolve) => (wake = resolve))
    latencies.push((arrived.get(n) as number) - startedAt)
  }
  leaving.abort()
  await reading
  return { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99), events }
}

async function read(response: Response, onText: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  for await (const bytes of response.body ?? []) onText(decoder.decode(bytes, { stream: true }))
}
