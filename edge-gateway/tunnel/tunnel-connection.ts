import type { EdgePolicy } from '../../protocol/tunnel/edge-policy.ts'
import type { ResponseHead } from '../../protocol/tunnel/heads.ts'
import { encodeHeadText } from '../../protocol/tunnel/heads.ts'
import {
  ConnectionError,
  type Membership,
  Multiplexer,
  type MultiplexerEvents,
  type MultiplexerSnapshot,
  type OpenRefusal,
} from '../../protocol/multiplexer/multiplexer.ts'
import type { Hello } from '../../protocol/tunnel/hello.ts'
import { RESET, type ResetCode } from '../../protocol/tunnel/reset-code.ts'
import type { Holder } from '../../protocol/multiplexer/shares.ts'
import { PROTOCOL_VERSION } from '../../protocol/tunnel/version.ts'
import { CLOSE } from '../../protocol/tunnel/close-code.ts'
import { closeCodeOf, lastGoAway } from '../../protocol/tunnel/last-go-away.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { VERSION } from '../deployment/version.ts'
import type { Exchange, ExchangeStream } from './exchange.ts'
import { logFault } from '../deployment/log-fault.ts'
import { OpenStream } from './open-stream.ts'
import type { Subscribers } from './subscribers.ts'
import type { CountsSnapshot, TrafficCounts } from './traffic-counts.ts'

/** What a daemon's socket keeps across the object's sleep. */
export interface ConnectionAttachment {
  readonly generation: number
  /** Milliseconds since 1970. */
  readonly connectedAt: number
  /** Of the daemon's process, by chance. */
  readonly process?: string
  readonly multiplexer?: MultiplexerSnapshot
  /** What the object has counted so far; on the newest connection's socket it is up to date. */
  readonly counts?: CountsSnapshot
}

/**
 * Open requests above which each one's client is watched from its first moment: those who come and go
 * in a burst would else hold every slot until the next look.
 */
const CROWD = 256

/** How long home has to end a revoked token's answers itself, milliseconds. */
export const REVOKED_GRACE_MS = 5_000

interface OpenExchange {
  readonly exchange: Exchange
  /** When a head must have come, milliseconds since 1970; Infinity once it has. */
  headDeadline: number
  /** How long after the last progress of its upload at least, milliseconds. */
  readonly headTimeoutMs: number
  readonly tokenId: string | undefined
  /** Its token is revoked: when what home has not ended is cut off; Infinity while the token is good. */
  cutAt: number
}

/** One authenticated socket of the daemon: the multiplexer, and who owns each of its streams. */
export class TunnelConnection {
  readonly generation: number
  /** Milliseconds since 1970. */
  readonly connectedAt: number
  readonly #socket: WebSocket
  readonly #mux: Multiplexer
  readonly #policy: (policy: EdgePolicy) => void
  readonly #subscribers: Subscribers
  readonly #counts: TrafficCounts
  readonly #exchanges = new Map<number, OpenExchange>()
  #flushing = false
  #greeted: boolean
  #process: string | undefined
  readonly #onHello: (hello: Hello) => void
  #leaving: boolean
  #saved = true
  /** When the daemon was last heard, milliseconds since 1970. */
  heardAt: number

  /**
   * @param policy told what the daemon wants to be decided by
   * @param subscribers who gets what is said to groups
   * @param onHello told what the daemon says of itself
   * @param counts of the object
   */
  constructor(
    socket: WebSocket,
    attachment: ConnectionAttachment,
    policy: (policy: EdgePolicy) => void,
    subscribers: Subscribers,
    onHello: (hello: Hello) => void,
    counts: TrafficCounts,
  ) {
    this.#onHello = onHello
    this.#process = attachment.process
    this.#socket = socket
    this.#counts = counts
    this.#subscribers = subscribers
    this.#policy = policy
    this.generation = attachment.generation
    this.connectedAt = attachment.connectedAt
    this.heardAt = attachment.connectedAt
    this.#greeted = attachment.multiplexer?.greeted ?? false
    this.#leaving = attachment.multiplexer?.leaving ?? false
    const hello = {
      version: PROTOCOL_VERSION,
      agent: `spl-gateway/${VERSION}`,
      generation: attachment.generation,
    }
    this.#mux = new Multiplexer('opener', this.#events(), hello, attachment.multiplexer)
    if (attachment.multiplexer === undefined) this.#scheduleFlush()
  }

  /** Whether it is of another process than this one, as far as it has said. */
  isOfAnother(process: string): boolean {
    return this.#process !== undefined && this.#process !== process
  }

  /** Whether the daemon's process, which has greeted anew, has this connection no more. */
  isDeadFor({ process, open }: Hello): boolean {
    if (process === undefined || process !== this.#process) return false
    return open?.includes(this.generation) !== true
  }

  /** The daemon or a successor has ended it: no new streams. */
  get leaving(): boolean {
    return this.#leaving
  }

  /** The daemon has greeted, and takes new streams. */
  get ready(): boolean {
    return this.#greeted && !this.#leaving
  }

  /** Requests to home that have not ended. */
  get openStreams(): number {
    return this.#exchanges.size
  }

  refusal(now: number, holder: Holder): OpenRefusal | undefined {
    return this.#mux.refusal(now, holder)
  }

  /**
   * Opens a stream for an exchange. Ask `refusal` first.
   * @param headText the request head as JSON
   * @param tokenId of the bearer that it is made with
   * @param head when its answer must have begun, milliseconds since 1970, and how long after the upload's progress
   * @param holder whose share it takes
   * @throws HeadError when it is larger than a frame may carry
   */
  open(
    headText: string,
    tokenId: string | undefined,
    end: boolean,
    head: { readonly at: number; readonly afterMs: number },
    exchange: (stream: ExchangeStream) => Exchange,
    holder: Holder,
  ): Exchange {
    const id = this.#mux.open(encodeHeadText(headText), end, holder)
    const stream = new OpenStream(
      this.#mux,
      id,
      () => this.#exchanges.delete(id),
      (error) => this.#fail(id, error),
    )
    let owner: Exchange
    try {
      owner = exchange(stream)
    } catch (error) {
      // Nobody has it: its slot must not be held for nobody.
      this.#mux.reset(id, RESET.INTERNAL, Date.now())
      throw error
    }
    this.#exchanges.set(id, {
      exchange: owner,
      headDeadline: head.at,
      headTimeoutMs: head.afterMs,
      tokenId,
      cutAt: Infinity,
    })
    this.#saved = false
    if (this.#exchanges.size > CROWD) this.#tell(id, () => owner.watchClient())
    return owner
  }

  /** The policy of this version is kept. */
  ackPolicy(version: number): void {
    // What the policy before it has let in goes first: nothing of that reaches home after the acknowledgement.
    this.#send()
    this.#mux.ackPolicy(version)
  }

  /** Another process with the same identity wants its place, and was refused. */
  tellRival(): void {
    this.#mux.tellRival()
  }

  /** A member of one of this connection's groups has left. */
  leave(membership: Membership): void {
    this.#saved = false
    this.#mux.leave(membership)
  }

  /** Ends what is open with tokens that are worth nothing any more: WebSockets now, answers after a grace. */
  revoke(disowned: (tokenId: string) => boolean, now: number): void {
    for (const [id, open] of this.#exchanges) {
      if (open.tokenId === undefined || open.cutAt !== Infinity || !disowned(open.tokenId)) continue
      open.cutAt = now + REVOKED_GRACE_MS
      this.#tell(id, ({ exchange }) => exchange.revoke(false))
    }
  }

  /** A message from the daemon. A broken one ends the connection, with its code. */
  receive(message: Uint8Array): void {
    this.#counts.add('receivedBytes', message.length)
    this.heardAt = Date.now()
    this.#saved = false
    try {
      this.#mux.receive(message, this.heardAt)
    } catch (error) {
      if (error instanceof ConnectionError) {
        this.#sayWhy(error)
        this.close(closeCodeOf(error), error.message)
      } else {
        this.#note('connection', error)
        this.close(CLOSE.INTERNAL, 'the gateway failed')
      }
    }
  }

  /** A successor is there: streams are finished, then the socket is closed. */
  retire(): void {
    if (this.#leaving) return
    this.#leaving = true
    this.#mux.goAway(RESET.REPLACED, 'replaced by a newer connection')
  }

  /** Ends it now; every stream fails with CONNECTION_LOST. */
  close(code: number, reason: string): void {
    this.#leaving = true
    this.#mux.close()
    try {
      this.#socket.close(code, reason.slice(0, 120))
    } catch {
      // Closed already: there is nobody left to tell.
    }
  }

  /** The socket is gone. */
  lost(): void {
    this.#leaving = true
    this.#mux.close()
  }

  /**
   * Fails every request whose head is overdue; the others are late enough for their client to be watched.
   * Cuts off what outlives its token's grace.
   */
  look(now: number): void {
    for (const [id, open] of this.#exchanges) {
      if (now >= open.cutAt) {
        this.#tell(id, ({ exchange }) => {
          this.#exchanges.delete(id)
          exchange.revoke(true)
        })
        continue
      }
      const { upload } = open.exchange
      if (upload?.stalled(now) === true) {
        this.#tell(id, ({ exchange }) => exchange.uploadStalled?.())
        continue
      }
      if (open.headDeadline === Infinity) continue
      // An upload that makes progress is given its time.
      const since = upload === undefined ? 0 : upload.progressAt + open.headTimeoutMs
      if (now < Math.max(open.headDeadline, since)) {
        this.#tell(id, ({ exchange }) => exchange.watchClient())
        continue
      }
      this.#tell(id, ({ exchange }) => {
        this.#exchanges.delete(id)
        this.#mux.reset(id, RESET.HEAD_TIMEOUT, now)
        exchange.reset(RESET.HEAD_TIMEOUT)
      })
    }
  }

  /** Something is due at some time: a head, or the end of a revoked token's answer. */
  get mustLook(): boolean {
    for (const { exchange, headDeadline, cutAt } of this.#exchanges.values()) {
      if (headDeadline !== Infinity || cutAt !== Infinity) return true
      if (exchange.upload?.over === false) return true
    }
    return false
  }

  /** Whether something changed since the last `save`. */
  get unsaved(): boolean {
    return !this.#saved
  }

  /** Puts what a sleep must not lose on the socket. False: no sleep is possible now. */
  save(): boolean {
    if (!this.#mux.quiet) return false
    const attachment: ConnectionAttachment = {
      generation: this.generation,
      connectedAt: this.connectedAt,
      ...(this.#process === undefined ? {} : { process: this.#process }),
      multiplexer: this.#mux.snapshot(),
      counts: this.#counts.snapshot(),
    }
    this.#socket.serializeAttachment(attachment)
    this.#saved = true
    return true
  }

  #events(): MultiplexerEvents {
    return {
      hello: (hello) => {
        this.#greeted = true
        this.#process = hello.process
        this.#onHello(hello)
      },
      head: (stream, head: ResponseHead, body, end) =>
        this.#tell(stream, (open) => {
          open.headDeadline = Infinity
          open.exchange.head(head, body, end)
        }),
      data: (stream, bytes) => this.#tell(stream, ({ exchange }) => exchange.data(bytes)),
      end: (stream) => this.#tell(stream, ({ exchange }) => exchange.end()),
      reset: (stream, code: ResetCode) =>
        this.#tell(stream, ({ exchange }) => {
          this.#exchanges.delete(stream)
          exchange.reset(code)
        }),
      stopSending: (stream) => this.#tell(stream, ({ exchange }) => exchange.stopSending()),
      writable: (stream) => this.#tell(stream, ({ exchange }) => exchange.writable()),
      begun: (stream) => this.#tell(stream, ({ exchange }) => exchange.begun?.()),
      closed: (stream) => this.#exchanges.delete(stream),
      joined: (stream, { group, member }) => {
        const joining = { generation: this.generation, group, member }
        let joined = false
        this.#tell(stream, ({ exchange }) => {
          joined = exchange.joined?.(joining) === true
        })
        if (joined) return
        // Nobody is there who could join: home must not keep a member that nobody follows.
        this.#mux.leave(joining)
        this.#tell(stream, ({ exchange }) => {
          this.#exchanges.delete(stream)
          exchange.reset(RESET.PROTOCOL_ERROR)
        })
      },
      group: (group, events) => {
        this.#counts.add('groupFrames')
        this.#subscribers.forward(this.generation, group, events)
      },
      groupEnd: (group) => this.#subscribers.dissolve(this.generation, group),
      left: (membership, farewell) =>
        this.#subscribers.expel({ generation: this.generation, ...membership }, farewell),
      goAway: (lastStream) => this.#goneAway(lastStream),
      policy: (policy) => this.#policy(policy),
      output: () => this.#scheduleFlush(),
    }
  }

  /** Home leaves: what it has not accepted, it will never begin, and goes to its successor (RFC 9113, section 6.8). */
  #goneAway(lastStream: number): void {
    this.#leaving = true
    for (const id of this.#exchanges.keys()) {
      if (id <= lastStream) continue
      this.#tell(id, ({ exchange }) => {
        this.#exchanges.delete(id)
        this.#mux.reset(id, RESET.GOING_AWAY, Date.now())
        exchange.reset(RESET.REFUSED)
      })
    }
  }

  /**
   * Tells one exchange. Whatever it throws ends its own stream: nothing of it reaches the multiplexer, which is in the
   * middle of a message for others.
   */
  #tell(stream: number, call: (open: OpenExchange) => void): void {
    const open = this.#exchanges.get(stream)
    if (open === undefined) return
    try {
      call(open)
    } catch (error) {
      this.#settle(stream, open, error)
    }
  }

  /** An exchange says that it cannot go on. */
  #fail(stream: number, error: unknown): void {
    const open = this.#exchanges.get(stream)
    if (open !== undefined) this.#settle(stream, open, error)
    else this.#note('stream', error)
  }

  /** The one place where a stream ends that failed by a mistake of ours: noted, its slot free, its client told. */
  #settle(stream: number, { exchange }: OpenExchange, error: unknown): void {
    this.#note('stream', error, exchange.requestId)
    this.#exchanges.delete(stream)
    this.#mux.reset(stream, RESET.INTERNAL, Date.now())
    try {
      exchange.reset(RESET.INTERNAL)
    } catch (again) {
      this.#note('stream', again, exchange.requestId)
    }
  }

  #note(place: string, error: unknown, requestId?: string): void {
    this.#counts.add('faults')
    logFault(place, error, requestId)
  }

  /**
   * Output leaves together: many small frames, one message. With requests in parallel, those that the
   * runtime has ready are waited for as well; a lone request is never held up.
   */
  #scheduleFlush(): void {
    if (this.#flushing) return
    this.#flushing = true
    if (this.#exchanges.size < 2) queueMicrotask(() => this.#flush())
    else setTimeout(() => this.#flush(), 0)
  }

  /** The close says it too, but not with the code of the wire. */
  #sayWhy(error: ConnectionError): void {
    try {
      this.#socket.send(lastGoAway(this.#mux.snapshot().lastStream, error))
    } catch {
      // The socket is closing.
    }
  }

  #flush(): void {
    this.#flushing = false
    this.#send()
  }

  #send(): void {
    for (;;) {
      const message = this.#mux.next(LIMITS.dataPerMessage, sharedBuffer)
      if (message === undefined) return
      try {
        this.#socket.send(message)
      } catch {
        // The socket closed under us; its close event fails the streams.
        return
      }
      this.#counts.add('sentMessages')
      this.#counts.add('sentBytes', message.length)
    }
  }
}

/** `send` copies what it is given before it returns, so one buffer serves every message. */
const shared = new Uint8Array(LIMITS.messageBytes)

function sharedBuffer(size: number): Uint8Array {
  return shared.subarray(0, size)
}
