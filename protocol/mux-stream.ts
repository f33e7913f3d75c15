import { ReceiveCredit, SendCredit } from './credit.ts'
import { SendQueue } from './send-queue.ts'

/** One stream's state, the same on both sides. Mutated only by the multiplexer and its plan. */
export interface MuxStream {
  readonly id: number
  readonly send: SendCredit
  readonly receive: ReceiveCredit
  readonly queue: SendQueue
  /** OPEN is on the wire (opener), or has arrived (acceptor). */
  opened: boolean
  headSent: boolean
  headReceived: boolean
  /** The owner has said that the body is whole. */
  endQueued: boolean
  sendEnded: boolean
  receiveEnded: boolean
  /** Our RESET is out and not confirmed: the slot is held, everything else is gone. */
  resetSent: boolean
  /** The writer was told to wait. */
  waiting: boolean
  /** In the data lane. */
  queued: boolean
  /** `receive.received` when the last round-trip measurement began. */
  mark: number
}

/**
 * @param sendLimit bytes that the other side lets us send before its first CREDIT
 * @param receiveWindow bytes that we let the other side send
 */
export function createStream(id: number, sendLimit: number, receiveWindow: number): MuxStream {
  return {
    id,
    send: new SendCredit(sendLimit),
    receive: new ReceiveCredit(receiveWindow),
    queue: new SendQueue(),
    opened: false,
    headSent: false,
    headReceived: false,
    endQueued: false,
    sendEnded: false,
    receiveEnded: false,
    resetSent: false,
    waiting: false,
    queued: false,
    mark: 0,
  }
}
