import type { MaybePromise } from '../../../protocol/maybe-promise.ts'
import type { ResponseHead } from '../../../protocol/tunnel/heads.ts'
import type { RefusedRequest } from '../../door/refusal.ts'
import type { Upload } from './upload.ts'
import type { MemberOf } from '../subscribers/bridge-attachment.ts'
import type { ResetCode } from '../../../protocol/tunnel/reset-code.ts'

/** One stream's owner inside the object: a plain request or a WebSocket. */
export interface Exchange {
  /** Of its request, for the log. */
  readonly requestId: string
  /** The answer's head, with the body bytes that came in its frame. */
  head(head: ResponseHead, body: Uint8Array, end: boolean): void
  data(bytes: Uint8Array): void
  end(): void
  /** Over before its end: what was passed on is not the whole. */
  reset(code: ResetCode): void
  /** The answer is whole; the rest of the request is not wanted. */
  stopSending(): void
  /** What follows is the group's, not this stream's. False, or absent: this one cannot join. */
  joined?(member: MemberOf): boolean
  /** Its request's body, while more of it is wanted. */
  readonly upload?: Upload | undefined
  /** The client has sent nothing more of it for too long. */
  uploadStalled?(): void
  /** Home has begun the request. */
  begun?(): void
  /** The request body's writer may go on. */
  writable(): void
  /** Its token was revoked. A WebSocket ends at once; an answer gets a grace, in which home may end it itself. */
  tokenRevoked?(): void
  /** The grace is over: what home has not ended ends now. */
  cutOff(): void
  /** The answer takes long: from now on the client's leaving must be noticed. May be called again. */
  watchClient(): void
}

/** What an exchange must know of its request; the whole head only passes through. */
export interface RelayedRequest extends RefusedRequest {
  readonly isHead: boolean
  /**
   * Its connection is lost or leaving, and no answer has begun: the answer by the next one, if it may be
   * sent again.
   * @param begun home may have begun it; else it may be sent again whatever it asks for (RFC 9113, section 6.8)
   */
  repeat(begun: boolean): MaybePromise<Response> | undefined
}

/** What an exchange may do to its stream. */
export interface ExchangeStream {
  /** False: wait for `writable`. */
  write(bytes: Uint8Array): boolean
  end(): void
  reset(code: ResetCode): void
  /**
   * A mistake of ours: it is logged and counted, the stream is over, the slot free, and the exchange is told so by
   * `reset`. Never throws.
   */
  fail(error: unknown): void
  /** Bytes written that home has not taken yet. */
  queued(): number
  /** The client has taken these bytes. */
  consumed(bytes: number): void
}
