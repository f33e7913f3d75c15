import { fetchEventSource as follow } from '@microsoft/fetch-event-source'
import polyfill from 'event-source-polyfill'
import { EventSource } from 'eventsource'
import { createEventSource } from 'eventsource-client'

/** What a library handed to its caller, as the caller sees it. */
export interface Reported {
  /** Name of the event; an event without one is a `message`. */
  readonly event: string
  readonly data: string
}

export interface FollowingClient {
  readonly reported: readonly Reported[]
  /** It will not come back by itself. */
  over(): boolean
  close(): void
}

export interface FollowOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** The library was made for pages, and asks for these two. */
export const fetchEventSource: typeof follow = (url, options) => {
  Object.assign(globalThis, {
    window: globalThis,
    document: { hidden: false, addEventListener() {}, removeEventListener() {} },
  })
  return follow(url, options)
}

const NAMES = ['record', 'ready', 'message', 'heartbeat', 'error'] as const

/** Clients of event streams on npm, each used as its documentation says. */
export const EVENT_CLIENTS: readonly (readonly [
  string,
  (options: FollowOptions) => FollowingClient,
])[] = [
  [
    'eventsource',
    ({ url, headers }) => {
      const reported: Reported[] = []
      const source = new EventSource(url, {
        fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
      })
      for (const name of NAMES) {
        source.addEventListener(name, (event) => {
          // One without data tells of the connection, and is no event of the stream.
          const { data } = event as { readonly data?: string }
          if (data !== undefined) reported.push({ event: name, data })
        })
      }
      return {
        reported,
        over: () => source.readyState === EventSource.CLOSED,
        close: () => source.close(),
      }
    },
  ],
  [
    'eventsource-client',
    ({ url, headers }) => {
      const reported: Reported[] = []
      const source = createEventSource({
        url,
        headers,
        onMessage: ({ event = 'message', data }) => void reported.push({ event, data }),
      })
      return { reported, over: () => source.readyState === 'closed', close: () => source.close() }
    },
  ],
  [
    '@microsoft/fetch-event-source',
    ({ url, headers }) => {
      const reported: Reported[] = []
      const leaving = new AbortController()
      let over = false
      const done = fetchEventSource(url, {
        headers: { ...headers },
        signal: leaving.signal,
        openWhenHidden: true,
        onmessage: ({ event, data }) => void reported.push({ event: event || 'message', data }),
        // Without this it takes a clean end for the end: see docs/event-clients.md.
        onclose() {
          throw new Error('the stream ended')
        },
      })
      done.then(
        () => (over = true),
        () => (over = true),
      )
      return { reported, over: () => over, close: () => leaving.abort() }
    },
  ],
  [
    'event-source-polyfill',
    ({ url, headers }) => {
      const reported: Reported[] = []
      const source = new polyfill.EventSourcePolyfill(url, { headers })
      for (const name of NAMES) {
        source.addEventListener(name, ({ data }) => {
          if (data !== undefined) reported.push({ event: name, data })
        })
      }
      return { reported, over: () => source.readyState === 2, close: () => source.close() }
    },
  ],
]
