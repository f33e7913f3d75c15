import type { EdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'
import { encodeHead, type RequestHead, type ResponseHead } from '../../../protocol/tunnel/heads.ts'
import {
  Multiplexer,
  type MultiplexerEvents,
  type MultiplexerSnapshot,
  type Role,
} from '../../../protocol/multiplexer/multiplexer.ts'
import type { ResetCode } from '../../../protocol/tunnel/reset-code.ts'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'

/** What one side was told about one stream. */
export interface SeenStream {
  head: RequestHead | ResponseHead | undefined
  chunks: Uint8Array[]
  bytes: number
  ended: boolean
  reset: ResetCode | undefined
  stopped: boolean
  closed: boolean
  writable: number
}

export interface EndOptions {
  readonly restored?: MultiplexerSnapshot
  /** Whether bytes count as read at once; otherwise the test calls `consumed`. */
  readonly consume?: boolean
  /** Called after an event has been written down. */
  readonly on?: Partial<MultiplexerEvents>
}

/** One side of a tunnel: a real multiplexer, and an owner that writes down what it is told. */
export class MuxEnd {
  readonly mux: Multiplexer
  readonly streams = new Map<number, SeenStream>()
  readonly goneAway: {
    readonly last: number
    readonly code: ResetCode
    readonly reason: string
  }[] = []
  /** Versions of the policies that arrived, and of those that were acknowledged. */
  readonly policies: number[] = []
  readonly acked: number[] = []
  /** Events in the order they came, as `data 1`. */
  readonly log: string[] = []
  greeted = 0
  now = 0

  constructor(role: Role, options: EndOptions = {}) {
    const { on = {}, consume = true } = options
    const taken = (stream: number, bytes: Uint8Array) => {
      const seen = this.seen(stream)
      if (bytes.length > 0) seen.chunks.push(bytes.slice())
      seen.bytes += bytes.length
      if (consume) this.mux.consumed(stream, bytes.length)
    }
    const events: MultiplexerEvents = {
      hello: (hello) => {
        this.greeted += 1
        on.hello?.(hello)
      },
      open: (stream, head, end) => {
        this.#note('open', stream)
        this.seen(stream).head = head
        this.seen(stream).ended = end
        on.open?.(stream, head, end)
      },
      head: (stream, head, body, end) => {
        this.#note('head', stream)
        this.seen(stream).head = head
        this.seen(stream).ended = end
        taken(stream, body)
        on.head?.(stream, head, body, end)
      },
      data: (stream, bytes) => {
        this.#note('data', stream)
        taken(stream, bytes)
        on.data?.(stream, bytes)
      },
      end: (stream) => {
        this.#note('end', stream)
        this.seen(stream).ended = true
        on.end?.(stream)
      },
      reset: (stream, code) => {
        this.#note('reset', stream)
        this.seen(stream).reset = code
        on.reset?.(stream, code)
      },
      stopSending: (stream) => {
        this.#note('stopSending', stream)
        this.seen(stream).stopped = true
        on.stopSending?.(stream)
      },
      writable: (stream) => {
        this.seen(stream).writable += 1
        on.writable?.(stream)
      },
      closed: (stream) => {
        this.#note('closed', stream)
        this.seen(stream).closed = true
        on.closed?.(stream)
      },
      policy: (policy) => {
        this.policies.push(policy.version)
        on.policy?.(policy)
      },
      policyAck: (version) => this.acked.push(version),
      joined: (stream, membership) => on.joined?.(stream, membership),
      group: (group, events) => on.group?.(group, events),
      groupEnd: (group) => on.groupEnd?.(group),
      left: (membership, farewell) => on.left?.(membership, farewell),
      goAway: (last, code, reason) => {
        this.goneAway.push({ last, code, reason })
        on.goAway?.(last, code, reason)
      },
      output: () => on.output?.(),
    }
    const hello = { version: PROTOCOL_VERSION, agent: `test-${role}/1` }
    this.mux = new Multiplexer(role, events, hello, options.restored)
  }

  seen(stream: number): SeenStream {
    const known = this.streams.get(stream)
    if (known !== undefined) return known
    const fresh: SeenStream = {
      head: undefined,
      chunks: [],
      bytes: 0,
      ended: false,
      reset: undefined,
      stopped: false,
      closed: false,
      writable: 0,
    }
    this.streams.set(stream, fresh)
    return fresh
  }

  body(stream: number): Uint8Array {
    return Buffer.concat(this.seen(stream).chunks)
  }

  /** Opens a request with this target; `end` unless a body follows. */
  request(target = '/', end = true): number {
    return this.mux.open(encodeHead(requestHead(target)), end)
  }

  respond(stream: number, body: Uint8Array | string = '', end = true, status = 200): boolean {
    return this.mux.respond(stream, encodeHead({ status, headers: [] }), toBytes(body), end)
  }

  receive(message: Uint8Array): void {
    this.mux.receive(message, this.now)
  }

  /** Everything that may be sent now. */
  take(): Uint8Array[] {
    const messages: Uint8Array[] = []
    for (let next = this.mux.next(); next !== undefined; next = this.mux.next()) messages.push(next)
    return messages
  }

  #note(event: string, stream: number): void {
    this.log.push(`${event} ${stream}`)
  }
}

/** Carries messages both ways until neither side has anything to send. */
export function settle(a: MuxEnd, b: MuxEnd): void {
  for (;;) {
    const fromA = a.take()
    const fromB = b.take()
    if (fromA.length + fromB.length === 0) return
    for (const message of fromA) b.receive(message)
    for (const message of fromB) a.receive(message)
  }
}

/** A gateway and a daemon that have greeted each other. */
export function connected(
  gatewayOptions: EndOptions = {},
  daemonOptions: EndOptions = {},
): { gateway: MuxEnd; daemon: MuxEnd } {
  const gateway = new MuxEnd('opener', gatewayOptions)
  const daemon = new MuxEnd('acceptor', daemonOptions)
  settle(gateway, daemon)
  return { gateway, daemon }
}

export function requestHead(target: string): RequestHead {
  return {
    method: 'GET',
    target,
    headers: [],
    host: 'home.example',
    scheme: 'https',
    request_id: 'req_1',
  }
}

/** A policy of exactly so many bytes. */
export function policyOfSize(version: number, bytes: number): Uint8Array {
  const tokens: Record<string, { scopes: number }> = {}
  const size = (origins: readonly string[]) => policyBytes(version, { tokens, origins }).length
  for (let id = 0; size([]) + 300 < bytes; id += 1)
    tokens[id.toString(16).padStart(64, '0')] = { scopes: 1 }
  // Two origins, so that every remainder has a pair of lengths.
  const rest = bytes - size(['', ''])
  const half = Math.floor(rest / 2)
  return policyBytes(version, { tokens, origins: ['x'.repeat(half), 'x'.repeat(rest - half)] })
}

/** A policy as bytes of its frame. */
export function policyBytes(version: number, more: Partial<EdgePolicy> = {}): Uint8Array {
  const limits = { token_per_second: 50, token_burst: 200, body_bytes: 2 ** 21 }
  const policy = { version, time: 0, origins: [], tokens: {}, limits, ...more }
  return new TextEncoder().encode(JSON.stringify(policy))
}

function toBytes(body: Uint8Array | string): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body
}

/** Bytes that differ at every position, so that a lost or swapped piece shows. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed * 2654435761
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}
