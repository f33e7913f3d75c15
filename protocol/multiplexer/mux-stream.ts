import { ReceiveCredit, SendCredit } from './credit.ts'
import { SendQueue } from './send-queue.ts'
import type { Holder } from './shares.ts'

/** The OPEN or HEAD that waits in the head lane. */
export interface OutgoingHead {
  /** OPEN: the window for the answer. HEAD: the length of `head`. */
  readonly prefix: number
  readonly head: Uint8Array
  /** HEAD only: body bytes in the same frame. Their credit is spent already. */
  readonly body: Uint8Array | undefined
  readonly end: boolean
}

/** One stream's state, the same on both sides. Mutated only by the multiplexer and its parts. */
export interface MuxStream {
  readonly id: number
  /** Opener: whose share of the slots and windows it takes. */
  readonly holder: Holder | undefined
  readonly send: SendCredit
  readonly receive: ReceiveCredit
  readonly queue: SendQueue
  outgoing: OutgoingHead | undefined
  /** OPEN is on the wire (opener), or has arrived (acceptor): the other side knows the stream. */
  opened: boolean
  headSent: boolean
  headReceived: boolean
  /** The body is complete, or its rest is not needed. */
  endQueued: boolean
  /** Our END is on the wire, or is not wanted any more. */
  sendEnded: boolean
  /** The other side's END has arrived. */
  receiveEnded: boolean
  /** The owner has been told of it. */
  endReported: boolean
  /** Nothing more is sent or reported. In the table it only holds its slot until the RESET is confirmed. */
  over: boolean
  /** The writer was told to wait. */
  waiting: boolean
  /** The PING that measures a round trip for this stream's window. */
  ping: number | undefined
  /** Total of received bytes at which the next measurement may begin. */
  measureAt: number
  /** Where the last measurement ended: time and total of received bytes. */
  rateSince: { readonly at: number; readonly received: number } | undefined
  /** Windowfuls to wait after a measurement that changed nothing. */
  pauses: number
}

/**
 * @param sendLimit bytes that the other side lets us send before its first CREDIT
 * @param receiveWindow bytes that we let the other side send
 * @param holder whose share it takes; undefined: nobody's
 */
export function createStream(
  id: number,
  sendLimit: number,
  receiveWindow: number,
  holder?: Holder,
): MuxStream {
  return {
    id,
    holder,
    send: new SendCredit(sendLimit),
    receive: new ReceiveCredit(receiveWindow),
    queue: new SendQueue(),
    outgoing: undefined,
    opened: false,
    headSent: false,
    headReceived: false,
    endQueued: false,
    sendEnded: false,
    receiveEnded: false,
    endReported: false,
    over: false,
    waiting: false,
    ping: undefined,
    measureAt: 0,
    rateSince: undefined,
    pauses: 0,
  }
}
