import { EventSplitter } from '../../protocol/events/event-splitter.ts'
import { errorEvent, retryLine, WAITING_COMMENT } from '../../protocol/events/event-text.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { BRIDGE, NO_PLACE, WAIT_HEADER } from '../internal/bridge.ts'
import { logFault } from '../deployment/log-fault.ts'
import { finalEvent } from '../door/final-event.ts'
import { BridgeCredit } from './bridge-credit.ts'
import type { ClientSink } from './client-sink.ts'
import { closeQuietly } from './close-quietly.ts'
import { placeLeft } from './place-left.ts'
import type { Resumption } from './resumption.ts'
import { AWAY_TOO_LONG, CUT_FOR_GOOD, TOO_SLOW } from './refusals.ts'
import { RetryPace } from './retry-pace.ts'
import { SharedMemory } from './shared-memory.ts'

/** The same request again, after the event with this id. @param begun it was accepted before */
export type AskAgain = (lastEventId: string | undefined, begun: boolean) => Promise<Response>

const memory = new SharedMemory(LIMITS.subscribersBytes)
const SMALL_ANSWER = 4096
/** When a client whose stream could not start should ask again, milliseconds, give or take half. */
const AGAIN_MS = 4_000

/**
 * One public event stream. It survives the loss of the bridge to the object, of the tunnel and of the daemon.
 * Only whole events reach the client. When the bridge is lost, the relay asks for the rest by the last event's id,
 * and comments keep the client connected until it comes.
 */
export class EventRelay {
  readonly #askAgain: AskAgain
  readonly #sink: ClientSink
  readonly #resumption: Pick<Resumption, 'due'>
  readonly #splitter: EventSplitter
  readonly #heartbeat: ReturnType<typeof setInterval>
  readonly #share = memory.share()
  #bridge: WebSocket | undefined
  #credit = new BridgeCredit()
  /** Since when the stream is interrupted, milliseconds since 1970; undefined if it is not. */
  #awaySince: number | undefined
  readonly #pace = new RetryPace()
  /** When this bridge began, milliseconds since 1970; 0 before the first. */
  #attachedAt = 0
  /** The id of the last event written to the client. */
  #deliveredId: string | undefined
  /** It was too slow for its group, and must first take what was written. */
  #behind = false
  #takenAt = Date.now()
  #over = false

  constructor(
    sink: ClientSink,
    askAgain: AskAgain,
    resumption: Pick<Resumption, 'due' | 'lastEventId'>,
  ) {
    const { lastEventId } = resumption
    this.#resumption = resumption
    this.#sink = sink
    this.#askAgain = askAgain
    this.#splitter = new EventSplitter(LIMITS.eventBytes, lastEventId)
    this.#deliveredId = lastEventId
    const beat = this.#guarded(() => this.#beat())
    this.#heartbeat = setInterval(beat, LIMITS.subscriberHeartbeatMs)
  }

  /** Continues with this bridge. */
  attach(bridge: WebSocket): void {
    this.#bridge = bridge
    this.#credit = new BridgeCredit()
    this.#attachedAt = Date.now()
    this.#splitter.restart()
    bridge.binaryType = 'arraybuffer'
    bridge.accept()
    const message = this.#guarded(({ data }: MessageEvent) => this.#message(bridge, data))
    const closed = this.#guarded(({ code, reason }: Pick<CloseEvent, 'code' | 'reason'>) =>
      this.#closed(bridge, code, reason),
    )
    bridge.addEventListener('message', message)
    bridge.addEventListener('close', closed)
    bridge.addEventListener('error', () => closed({ code: 1006, reason: '' }))
  }

  /**
   * Home could not be asked yet: comments keep the client, as after a cut.
   * @param place where the object lets it wait; null to ask again
   */
  begin(place: WebSocket | null, againMs: number): void {
    this.#sink.write(new TextEncoder().encode(WAITING_COMMENT))
    this.#awaySince = Date.now()
    const wait = place === null ? Promise.resolve() : this.#homeIsBack(place, againMs)
    wait.then(() => this.#resume(0)).catch(() => this.#cut())
  }

  /** The client has taken some bytes. */
  taken(): void {
    this.#takenAt = Date.now()
    this.#share.holds(this.#sink.pending)
    this.#report()
    if (!this.#behind || this.#over || this.#sink.pending > 0) return
    this.#behind = false
    this.#goOn(0)
  }

  /** The client has left, or must go. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#heartbeat)
    this.#share.holds(0)
    closeQuietly(this.#bridge)
    this.#bridge = undefined
  }

  /** A failure of ours ends only this stream. Its client is cut and resumes, so that no event is lost unnoticed. */
  #guarded<Args extends readonly unknown[]>(call: (...args: Args) => void) {
    return (...args: Args): void => {
      try {
        call(...args)
      } catch (error) {
        logFault('events', error)
        this.#cut()
      }
    }
  }

  #message(bridge: WebSocket, data: string | ArrayBuffer): void {
    if (bridge !== this.#bridge) return
    if (typeof data === 'string') {
      if (data === BRIDGE.LIVE) this.#credit.reachGroup()
      this.#report()
      return
    }
    this.#credit.came(data.byteLength)
    let events: Uint8Array | undefined
    try {
      events = this.#splitter.push(new Uint8Array(data))
    } catch {
      return this.#cut()
    }
    if (events !== undefined) this.#deliver(events)
    this.#report()
  }

  #deliver(events: Uint8Array): void {
    this.#awaySince = undefined
    this.#pace.brought(this.#attachedAt)
    const { pending } = this.#sink
    if (pending === 0) this.#takenAt = Date.now()
    const waiting = pending + events.length
    // Before it joins its group, credit limits home, so nothing can become too much.
    const bounded = this.#credit.inGroup && pending > 0
    if (bounded && (waiting > LIMITS.subscriberBytes || !this.#share.fits(waiting))) {
      return this.#fallBehind()
    }
    this.#sink.write(events)
    this.#deliveredId = this.#splitter.lastId
    this.#share.holds(this.#sink.pending)
  }

  /** Leaves the group. Once the client has taken what is buffered, the rest comes at its own pace. */
  #fallBehind(): void {
    closeQuietly(this.#bridge)
    this.#bridge = undefined
    this.#behind = true
    this.#splitter.restart(this.#deliveredId)
  }

  /** Tells the object what the client has taken: home sends at most a window beyond that. */
  #report(): void {
    const taken = this.#credit.report(this.#sink.pending)
    if (taken === undefined) return
    try {
      this.#bridge?.send(String(taken))
    } catch {
      // It is closing; its event says the rest.
    }
  }

  #closed(bridge: WebSocket, code: number, reason: string): void {
    if (bridge !== this.#bridge || this.#over) return
    this.#bridge = undefined
    if (code !== BRIDGE.ENDED) {
      this.#pace.lost(this.#attachedAt)
      this.#goOn(Number(reason) || 0)
      return
    }
    const rest = this.#splitter.rest()
    if (rest !== undefined) this.#sink.write(rest)
    this.#sink.end()
    this.stop()
  }

  #goOn(spreadMs: number): void {
    this.#resume(spreadMs).catch(() => this.#cut())
  }

  async #resume(spreadMs: number): Promise<void> {
    // Without an id, nobody knows where to continue, and a gap must not look complete.
    if (this.#splitter.lastId === undefined && this.#splitter.any) return this.#cut()
    this.#awaySince ??= Date.now()
    let wait = this.#pace.failing ? this.#pace.pauseMs : Math.random() * spreadMs
    while (!this.#over) {
      if (Date.now() - this.#awaySince > this.#patienceMs) return this.#giveUp()
      if (wait > 0) await sleep(wait)
      if (this.#over || (await this.#try())) return
      this.#pace.failed()
      wait = this.#pace.pauseMs
    }
  }

  /** How long it waits for home. */
  get #patienceMs(): number {
    return this.#attachedAt === 0 ? LIMITS.streamHoldMs : LIMITS.streamAwayMs
  }

  /** A stream that has not started just ends: its client asks again after a while. */
  #giveUp(): void {
    if (this.#attachedAt > 0) return this.#finish(finalEvent(AWAY_TOO_LONG))
    this.#finish(retryLine(Math.round(AGAIN_MS * (0.5 + Math.random()))))
  }

  /** True if there is nothing left to try. */
  async #try(): Promise<boolean> {
    const begun = this.#attachedAt > 0
    const answer = await this.#askAgain(this.#splitter.lastId, begun).catch(() => undefined)
    if (answer === undefined) return false
    const bridge = answer.webSocket
    if (this.#over) {
      bridge?.accept()
      closeQuietly(bridge)
      return true
    }
    const waits = answer.headers.get(WAIT_HEADER)
    if (bridge !== null && waits !== null) {
      await this.#homeIsBack(bridge, Number(waits))
      this.#pace.worked()
      return false
    }
    if (bridge !== null) {
      this.attach(bridge)
      return true
    }
    const text = await answer.text()
    if (waits === NO_PLACE && this.#attachedAt === 0) {
      this.#giveUp()
      return true
    }
    if (answer.status >= 500 || answer.status === 429) return false
    const line = text.length <= SMALL_ANSWER && text.startsWith('{') && !text.includes('\n')
    this.#finish(answer.status < 400 || !line ? finalEvent(CUT_FOR_GOOD) : errorEvent(text))
    return true
  }

  /** @param againMs after which it asks again in any case; 0: never */
  async #homeIsBack(place: WebSocket, againMs: number): Promise<void> {
    this.#bridge = place
    const until = againMs === 0 ? Infinity : Date.now() + againMs
    const spreadMs = await placeLeft(place, () => {
      const now = Date.now()
      return now >= until || now - (this.#awaySince ?? 0) > this.#patienceMs
    })
    if (this.#bridge === place) this.#bridge = undefined
    closeQuietly(place)
    if (spreadMs > 0) await sleep(Math.random() * spreadMs)
  }

  #beat(): void {
    if (this.#sink.pending > 0) {
      const stalled = Date.now() - this.#takenAt > LIMITS.subscriberStallMs
      if (stalled) this.#finish(finalEvent(TOO_SLOW))
      return
    }
    // First, because the client must take this before the stream counts as recovered.
    if (this.#resumption.due) this.#renew()
    // Also if events came: checking costs more than a comment.
    this.#sink.heartbeat()
  }

  /** Asks for the rest now, without a failure: later its code would have expired. */
  #renew(): void {
    if (this.#awaySince !== undefined || this.#bridge === undefined) return
    this.#fallBehind()
    this.taken()
  }

  #finish(events: string): void {
    this.#sink.finish(events)
    this.stop()
  }

  #cut(): void {
    this.#sink.abort()
    this.stop()
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
