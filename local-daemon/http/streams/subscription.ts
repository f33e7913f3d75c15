import { errorEvent, OPENING } from '../../../protocol/events/event-text.ts'
import { GRANT_ENDS } from '../../access/authorise.ts'
import type { GrantEnd } from '../../access/bearer.ts'
import { STORE_LIMITS } from '../../store/limits.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { Feed, type FeedEvent, type FeedOptions } from '../../store/feed/feed.ts'
import { type FeedHub, type FeedRecord, toFeedRecord } from '../../store/feed/feed-hub.ts'
import type { SubscriptionObserver } from '../../requests/subscription-observer.ts'
import { problemOf } from '../answers/answer.ts'
import { onAbort } from '../connection/on-abort.ts'

export interface SubscriptionOptions {
  readonly view: FeedOptions['view']
  readonly hub: FeedHub
  /** The sequence number that the reader has seen. */
  readonly after: number
  /** Only this thread. */
  readonly thread: string | undefined
  /** Aborts when the daemon stops. */
  readonly stopping: AbortSignal
  /** Aborts when the reader goes away. */
  readonly gone: AbortSignal
  /** Reports when the reader's grant ends. Returns a function that stops watching. */
  readonly watchGrant: (ended: (code: GrantEnd) => void) => () => void
}

/** Writes the places of events. */
type Cursors = Pick<FeedOptions['view'], 'cursorOf' | 'cursorAt'>

/** Why a subscription gives nothing more. */
export type SubscriptionEnd = 'closed' | 'stopping'

/**
 * One reader's feed as the text of server-sent events: what it has missed, then new events. Nothing waits here
 * except what the feed itself keeps, and that is bounded. After the last event nothing is watched any more.
 */
export class Subscription {
  readonly #options: SubscriptionOptions
  readonly #feed: Feed
  /** The records given last: those after one sequence number, up to another. */
  #lastTaken = { after: 0, upTo: 0 }
  #opened = false
  #farewell: string | undefined
  #unwatch: (() => void) | undefined
  #ended: SubscriptionEnd | undefined
  #onFarewell: ((farewell: string) => void) | undefined
  #onEnd: (() => void) | undefined
  #observer: SubscriptionObserver | undefined

  constructor(options: SubscriptionOptions) {
    this.#options = options
    this.#feed = new Feed(options)
  }

  /** Why it gives nothing more; undefined while it may. */
  get ended(): SubscriptionEnd | undefined {
    return this.#ended
  }

  /** Everything so far was taken: from now on, `follow` gives new events to all readers with the same view. */
  get caughtUp(): boolean {
    return this.#feed.caughtUp
  }

  /** Subscriptions of the same view get the same events. */
  get view(): string {
    const { view, thread } = this.#options
    return `${thread ?? ''} ${view.key}`
  }

  observe(observer: SubscriptionObserver): void {
    this.#observer = observer
  }

  /** The text available now, whole events; undefined: wait for `changed`, or check `ended`. */
  take(): string | undefined {
    const text = this.#next()
    if (text !== undefined) this.#observer?.took(Buffer.byteLength(text))
    return text
  }

  #next(): string | undefined {
    if (!this.#opened) {
      this.#open()
      return OPENING
    }
    if (this.#ended !== undefined) return undefined
    const text = this.#takeFeed()
    if (text !== undefined) return text
    if (this.#feed.phase !== 'closed') return undefined
    const farewell = this.#farewell
    this.#farewell = undefined
    if (farewell === undefined) this.#end('closed')
    return farewell
  }

  /** The records that `take` gave last, again from the store, as the same text. Throws as the store does. */
  takeAgain(): string {
    const { view, thread } = this.#options
    const { upTo } = this.#lastTaken
    let text = ''
    for (let { after } = this.#lastTaken; after < upTo;) {
      const { records } = view.page({ thread }, after, upTo, STORE_LIMITS.pageRecords)
      text += formatEvent({ type: 'records', after, records: records.map(toFeedRecord) }, view)
      after = records.at(-1)?.seq ?? upTo
    }
    return text
  }

  /** A store that cannot be read any further ends the feed, and says so. */
  #takeFeed(): string | undefined {
    try {
      const event = this.#feed.take()
      if (event?.type === 'records') {
        const { after, records } = event
        this.#lastTaken = { after, upTo: records.at(-1)?.seq ?? after }
      }
      return event && formatEvent(event, this.#options.view)
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error
      this.#feed.close()
      return errorEvent(JSON.stringify(problemOf(error.code, error.message, error.detail)))
    }
  }

  /** Resolves with true once `take` may have something or the feed has ended, with false after `ms`. */
  changed(ms: number): Promise<boolean> {
    return this.#ended === undefined ? this.#feed.changed(ms) : Promise.resolve(true)
  }

  /**
   * Gives this view's events from now on to a listener, which may pass them to many readers. Call it while
   * `caughtUp`, in the same turn in which this reader stops calling `take`. Returns a function that stops.
   */
  follow(listener: (events: string) => void): () => void {
    const { hub, view, thread } = this.#options
    const member = {
      offer(records: readonly FeedRecord[]) {
        const seen = records.filter(
          (record) =>
            (thread === undefined || record.thread === thread) && view.sees(record.thread),
        )
        if (seen.length > 0)
          listener(formatEvent({ type: 'records', after: 0, records: seen }, view))
      },
    }
    hub.join(member)
    return () => hub.leave(member)
  }

  /** The reader takes no more here; `close` when it leaves. @param farewell called with the last event when its grant ends */
  handOver(farewell: (event: string) => void): void {
    this.#onFarewell = farewell
    this.#feed.close()
  }

  /** Reports once when it has ended, for any reason: for a reader that cannot take at the moment. */
  whenEnded(callback: () => void): void {
    this.#onEnd = callback
  }

  /** The reader has left. Idempotent. */
  close(): void {
    this.#end('closed', true)
  }

  /** Not before somebody reads: the answer to HEAD is never read, and nothing would report its end. */
  #open(): void {
    this.#opened = true
    const { gone, stopping, watchGrant } = this.#options
    const leaveGone = onAbort([gone], () => this.#end('closed', true))
    const leaveStopping = onAbort([stopping], () => this.#end('stopping'))
    const unwatch = watchGrant((code) => this.#grantEnded(code))
    this.#unwatch = () => {
      leaveGone()
      leaveStopping()
      unwatch()
    }
    // One of the signals had aborted already.
    if (this.#ended !== undefined) this.#unwatch()
  }

  #grantEnded(code: GrantEnd): void {
    const farewell = errorEvent(endedText(code))
    if (this.#onFarewell !== undefined) {
      this.#onFarewell(farewell)
      this.#end('closed')
      return
    }
    this.#farewell = farewell
    this.#feed.close()
  }

  #end(why: SubscriptionEnd, left = false): void {
    if (this.#ended !== undefined) return
    this.#ended = why
    this.#unwatch?.()
    this.#feed.close()
    this.#onEnd?.()
    this.#observer?.ended(left)
  }
}

function formatEvent(event: FeedEvent, view: Cursors): string {
  if (event.type === 'ready') {
    const cursor = view.cursorAt(event.seq)
    return `id: ${cursor}\nevent: ready\ndata: {"cursor":"${cursor}"}\n\n`
  }
  if (event.type === 'too-slow') return errorEvent(TOO_SLOW)
  let text = ''
  for (const { seq, id, json } of event.records) {
    text += `id: ${view.cursorOf(seq, id)}\nevent: record\ndata: ${json}\n\n`
  }
  return text
}

const TOO_SLOW = JSON.stringify(
  problemOf('CONSUMER_TOO_SLOW', 'The stream was not read as fast as records came', {
    try: 'Connect again with the last event id as Last-Event-ID; nothing is lost.',
  }),
)

function endedText(code: GrantEnd): string {
  const { message, next } = GRANT_ENDS[code]
  const resume = `${next} The last event id, as Last-Event-ID, loses nothing.`
  return JSON.stringify(problemOf(code, message, { try: resume }))
}
