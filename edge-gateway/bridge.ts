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

/** In the object's answer: home is away; this WebSocket is closed when it is back. */
export const WAIT_HEADER = 'x-spl-wait'
