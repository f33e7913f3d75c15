import { createParser } from 'eventsource-parser'
import { sendRequest } from '../client/send-request.ts'
import type { Demo } from './start-demo.ts'

/** One thread's event stream through the public hostname. */
export interface Feed {
  /** Resolves with the data of the next event of a type; other types in between are dropped. */
  next(type: string): Promise<string>
  close(): void
}

/** Opens `GET /v1/sync/subscribe`. A wait fails after `timeoutMs`, or at once when the stream ends. */
export async function openFeed(demo: Demo, thread: string, timeoutMs: number): Promise<Feed> {
  const closed = new AbortController()
  const response = await sendRequest(
    { origin: new URL(demo.publicUrl), ca: demo.ca },
    {
      method: 'GET',
      path: `/v1/sync/subscribe?thread=${thread}`,
      headers: { authorization: `Bearer ${demo.bearer}`, accept: 'text/event-stream' },
      silenceMs: timeoutMs,
      signal: closed.signal,
    },
  )
  if (response.statusCode !== 200) {
    closed.abort()
    throw new Error(`status ${response.statusCode} instead of 200`)
  }
  const arrived: { type: string; data: string }[] = []
  let wake = Promise.withResolvers<void>()
  let ended: Error | undefined
  const parser = createParser({
    onEvent: ({ event, data }) => {
      arrived.push({ type: event ?? 'message', data })
      wake.resolve()
    },
  })
  response.setEncoding('utf8').on('data', (chunk: string) => parser.feed(chunk))
  const onEnd = (): void => {
    ended = new Error('the stream ended')
    wake.resolve()
  }
  response.on('error', onEnd).on('close', onEnd)

  async function next(type: string): Promise<string> {
    const timer = setTimeout(() => {
      ended = new Error(`no event of type ${type} within ${timeoutMs / 1000} s`)
      wake.resolve()
    }, timeoutMs)
    try {
      for (;;) {
        const event = arrived.shift()
        if (event?.type === type) return event.data
        if (event === undefined && ended) throw ended
        if (event === undefined) await wake.promise
        wake = Promise.withResolvers()
      }
    } finally {
      clearTimeout(timer)
    }
  }
  return { next, close: () => closed.abort() }
}
