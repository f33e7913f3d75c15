import type { EdgePolicy } from '../tunnel/edge-policy.ts'
import type { Membership } from '../tunnel/frame-payload.ts'
import type { RequestHead, ResponseHead } from '../tunnel/heads.ts'
import type { Hello } from '../tunnel/hello.ts'
import type { ResetCode } from '../tunnel/reset-code.ts'

/** The gateway opens streams, the daemon accepts them. Both run this one machine. */
export type Role = 'opener' | 'acceptor'

/**
 * What the machine tells its owner, synchronously, from inside its methods. The owner may call back into
 * the machine from any of them, but must not hand it the next message there: `receive` is not re-entrant.
 * Bytes are views into the message; copy them to keep them longer than the message's own buffer.
 */
export interface MultiplexerEvents {
  hello(hello: Hello): void
  /** Acceptor: a request. `end` says that it has no body. */
  open?(stream: number, head: RequestHead, end: boolean): void
  /**
   * A head was invalid, and its stream has been reset. The error names the field, and repeats nothing of the peer's.
   */
  malformed?(stream: number, error: Error): void
  /** Opener: the answer's head with the body bytes that came in the same frame. */
  head?(stream: number, head: ResponseHead, body: Uint8Array, end: boolean): void
  /** Body bytes. The owner calls `consumed` once its reader has taken them. */
  data(stream: number, bytes: Uint8Array): void
  /** The body is whole. */
  end(stream: number): void
  /**
   * The stream is over before its end; what arrived is not the whole. The last event of the stream. For
   * the acceptor NO_ERROR means that its own answer is whole and out, and the upload was cut short.
   */
  reset(stream: number, code: ResetCode): void
  /** Opener: the answer is whole, the rest of what we send is not wanted; a waiting writer may stop. */
  stopSending(stream: number): void
  /** Opener: home takes body bytes, so it has begun the request. May come again. */
  begun?(stream: number): void
  /** A writer that was told to wait may continue. */
  writable(stream: number): void
  /**
   * Both bodies were whole, and the opener's reader has taken the answer: nothing will be reported of
   * the stream any more. The acceptor's answer ends it even if the app has left request bytes unread.
   */
  closed?(stream: number): void
  /** Opener: what the daemon wants the gateway to decide by; `ackPolicy` once it is kept. */
  policy?(policy: EdgePolicy): void
  /** Acceptor: the gateway keeps the policy that was sent last. */
  policyAck?(version: number): void
  /** Acceptor: another process with this identity asked for this connection's place and was refused. */
  rival?(): void
  /** Opener: home has said all that it says to this one alone; from here on the group's events are its own. */
  joined?(stream: number, membership: Membership): void
  /** Opener: events for all members of a group. A piece may end inside an event; the next one continues it. */
  group?(group: number, events: Uint8Array): void
  /** Opener: home has ended the group; its members must request their streams again. */
  groupEnd?(group: number): void
  /** A member must leave, after last events for it alone (opener), or has left (acceptor). */
  left?(membership: Membership, farewell: Uint8Array): void
  goAway(lastStream: number, code: ResetCode, reason: string): void
  /** There is something for `next` to send. May be called often; the owner coalesces. */
  output(): void
}

/** What outlives an object's sleep. Valid only while the machine is quiet. */
export interface MultiplexerSnapshot {
  readonly lastStream: number
  readonly sent: number
  readonly sendLimit: number
  readonly received: number
  readonly granted: number
  readonly greeted: boolean
  readonly leaving: boolean
}

export type OpenRefusal = 'going-away' | 'too-many-streams' | 'too-many-cancels'
