/**
 * The WebSocket between the Worker, which holds the client of an event stream, and the object, which holds
 * home. It is internal: nobody else can open or see it. The object sleeps while it is open.
 *
 * - To the Worker, binary: bytes of the stream. Text `LIVE`: the client is in a group from here on.
 * - To the object, text: how many bytes of this bridge the client has taken, in all; not after `LIVE` is reached.
 */
export const BRIDGE = {
  LIVE: 'live',
  /** Close code: the stream is over, and whole. */
  ENDED: 1000,
  /**
   * Close code: ask again with the last event's id. Any other code means the same. The reason is the time, in
   * milliseconds, over which all who are told so together should spread.
   */
  RESUME: 4002,
} as const

/**
 * In the object's answer. With a WebSocket: home cannot be asked now, and this is a place to wait in. It is closed when
 * home is back; the value is the time, in milliseconds, after which to ask again all the same, and 0 for never. Without
 * one, `NO_PLACE`: there is none, and the answer is the client's.
 */
export const WAIT_HEADER = 'x-spl-wait'
export const NO_PLACE = 'no'
