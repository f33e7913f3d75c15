import type { BrowserContext, CDPSession, JSHandle, Page } from 'playwright-core'
import { until } from '../support/until.ts'

/** A request as a script puts it; what can be handed into a page. */
export interface PageRequest {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly cache?: 'default' | 'force-cache'
  readonly credentials?: 'omit' | 'same-origin' | 'include'
  readonly mode?: 'cors' | 'no-cors'
}

/** What a script of the page got for a request. */
export interface Seen {
  /** `200`, `401 AUTH_REQUIRED`, or `TypeError: ` and why the browser kept the answer to itself. */
  readonly outcome: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** What a script of the page has of a stream so far. */
export interface SeenStream {
  /** `ready`, ids of records, and `error`, in order. */
  events(): Promise<string[]>
  close(): Promise<void>
}

/** An open page, whose scripts ask. */
export interface OpenPage {
  /** One request at a time. */
  ask(url: string, init?: PageRequest): Promise<Seen>
  /** Preflights that this page has caused so far: those that the browser remembers are not asked again. */
  preflights(): number
  /** An event stream by `fetch`. */
  fetchEvents(url: string, init?: PageRequest): Promise<SeenStream>
  /** An event stream by `EventSource`, which can send no header. */
  eventSource(url: string, init?: { readonly withCredentials: boolean }): Promise<SeenStream>
  /** Runs the documented example, a script that has `follow`: ids of records, then why it ended. */
  follow(example: string, options: Readonly<Record<string, string>>): Promise<SeenStream>
  close(): Promise<void>
}

export async function openPage(context: BrowserContext, url: string): Promise<OpenPage> {
  const page = await context.newPage()
  const network = await watchNetwork(await context.newCDPSession(page))
  await page.goto(url)
  return {
    preflights: network.preflights,
    async ask(asked, init = {}) {
      network.forget()
      const seen = await askInPage(page, asked, init)
      if (seen.outcome !== 'TypeError') return seen
      return { ...seen, outcome: `TypeError: ${await network.reason()}` }
    },
    fetchEvents: async (asked, init = {}) => stream(await fetchInPage(page, asked, init)),
    eventSource: async (asked, init) => stream(await eventSourceInPage(page, asked, init)),
    follow: async (example, options) => stream(await followInPage(page, example, options)),
    close: () => page.close(),
  }
}

/** The page sees a TypeError whatever went wrong; the DevTools protocol tells a refusal from a broken connection. */
async function watchNetwork(session: CDPSession) {
  let preflights = 0
  let reasons: string[] = []
  session.on('Network.requestWillBeSent', ({ initiator }) => {
    if (initiator.type === 'preflight') preflights += 1
  })
  session.on('Network.loadingFailed', ({ corsErrorStatus, errorText, type }) => {
    if (type !== 'Preflight') reasons.push(corsErrorStatus?.corsError ?? errorText)
  })
  await session.send('Network.enable')
  return {
    preflights: () => preflights,
    forget: () => void (reasons = []),
    async reason() {
      await until('the browser says why', () => reasons.length > 0)
      return reasons.join(', ')
    },
  }
}

// What follows runs in the page, so it refers to nothing outside itself.

function askInPage(page: Page, asked: string, options: PageRequest): Promise<Seen> {
  return page.evaluate(
    async ({ url, init }) => {
      try {
        const answer = await fetch(url, init)
        const text = await answer.text()
        const code = /"code":"([A-Z_]+)"/.exec(text)?.[1]
        const outcome = answer.ok || code === undefined ? [answer.status] : [answer.status, code]
        const headers = Object.fromEntries(answer.headers)
        return { outcome: outcome.join(' '), headers, text }
      } catch (error) {
        return { outcome: (error as Error).name, headers: {}, text: '' }
      }
    },
    { url: asked, init: options },
  )
}

interface PageStream {
  readonly events: string[]
  stop(): void
}

function stream(handle: JSHandle<PageStream>): SeenStream {
  return {
    events: () => handle.evaluate(({ events }) => events),
    close: () => handle.evaluate((open) => open.stop()),
  }
}

function fetchInPage(page: Page, asked: string, options: PageRequest) {
  return page.evaluateHandle(
    ({ url, init }): PageStream => {
      const events: string[] = []
      const leaving = new AbortController()
      const read = async () => {
        const answer = await fetch(url, { ...init, signal: leaving.signal })
        const decoder = new TextDecoder()
        let text = ''
        const reader = answer.body?.getReader()
        for (;;) {
          const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
          if (done) return
          const whole = (text + decoder.decode(value, { stream: true })).split('\n\n')
          text = whole.pop() ?? ''
          for (const event of whole) {
            if (event.includes('event: ready')) events.push('ready')
            const id = /^data: .*"id":"([0-9a-f]{64})"/m.exec(event)?.[1]
            if (id !== undefined) events.push(id)
          }
        }
      }
      read().catch(() => events.push('error'))
      return { events, stop: () => leaving.abort() }
    },
    { url: asked, init: options },
  )
}

function eventSourceInPage(
  page: Page,
  asked: string,
  options: { readonly withCredentials: boolean } | undefined,
) {
  return page.evaluateHandle(
    ({ url, init }): PageStream => {
      const events: string[] = []
      const source = new EventSource(url, init)
      source.addEventListener('ready', () => events.push('ready'))
      source.addEventListener('record', (event) =>
        events.push((JSON.parse((event as MessageEvent).data as string) as { id: string }).id),
      )
      source.addEventListener('error', () => events.push('error'))
      return { events, stop: () => source.close() }
    },
    { url: asked, init: options },
  )
}

function followInPage(page: Page, example: string, options: Readonly<Record<string, string>>) {
  return page.evaluateHandle(
    ({ source, given }): PageStream => {
      const events: string[] = []
      const leaving = new AbortController()
      const follow = new Function(`${source}; return follow`)() as (
        asked: Readonly<Record<string, unknown>>,
      ) => Promise<void>
      const onRecord = ({ id }: { readonly id: string }) => events.push(id)
      const onRestored = () => events.push('restored')
      follow({ ...given, onRecord, onRestored, signal: leaving.signal }).catch((error: Error) =>
        events.push(error.message),
      )
      return { events, stop: () => leaving.abort() }
    },
    { source: example, given: options },
  )
}
