import { LIMITS } from '../../protocol/limits.ts'

/** The limits of the HTTP interface: of connections, answers and inputs of routes. */
export const HTTP_LIMITS = {
  /** Bytes of all large answers that their readers have not taken, plus one page; see `PageMemory`. */
  pagesBytes: 16 * 1024 * 1024,
  /** Bytes that a reader of a large answer gets at a time. */
  pieceBytes: LIMITS.dataBytes,
  /** How long pages are made before everything else gets its turn, milliseconds. */
  pageTurnMs: 4,
  /** Turns of the event loop until more are made: each turn accepts one connection (libuv 1.45 and later). */
  pageRestTurns: 16,
  /** How long a reader may take nothing before it loses its page to others that wait, milliseconds. */
  pageIdleMs: 50,
  /** Silence after which an event stream sends a comment, milliseconds. */
  heartbeatMs: 15_000,
  /** Longest wait of `feed=longpoll`, milliseconds. */
  longPollMs: 30_000,
  /** Default and largest `limit` of lists. */
  listDefault: 100,
  listMax: 1_000,
  /** Longest reason of a redaction, characters. */
  reasonCharacters: 500,
  /** Default and largest `limit` of `/v1/sync/changes`. */
  changesDefault: 1_000,
  changesMax: 10_000,
  /** Largest upload that proves a proxy, bytes; nothing of it is kept. */
  probeUploadBytes: 100 * 1024 * 1024,
  /** Most events of the stream that proves a proxy, and longest time between two, milliseconds. */
  probeEvents: 10,
  probeIntervalMs: 1_000,
  /** Bulk appends under way, and those of one account. */
  bulkAppends: 8,
  bulkAppendsOfOne: 4,
  /** How long lines of a bulk append are checked before everything else gets its turn, milliseconds. */
  bulkTurnMs: 1,
  /**
   * How long the sender of a bulk append may take for a line, or for so many bytes of a longer one, before it is cut, milliseconds: sooner
   * than anything else would cut it.
   */
  bulkSilenceMs: 25_000,
  bulkSilenceBytes: 64 * 1024,
  /** How long a bulk append may send no line before it loses its place to another one that waits for one, milliseconds. */
  bulkIdleMs: 5_000,
  /** How long the outcomes of a bulk append may go unread, milliseconds. */
  bulkStallMs: 60_000,
  /** Requests of one connection that may wait for the answer before them. */
  pipelined: 100,
  /** Connections of one listener. At this limit, or the one of descriptors, the one that has been idle longest makes room. */
  connections: 1_024,
  /** Descriptors kept for the socket, the store, the log and the tunnel, if the process may have few. */
  spareDescriptors: 128,
  /** Time to send a whole request head, milliseconds. */
  headersMs: 10_000,
  /** Time to send a whole request whose answer has not begun, milliseconds: a body is at most `bodyBytes`, or a proxy's proof. */
  requestMs: 120_000,
  /** Time that an idle connection is kept, milliseconds. */
  keepAliveMs: 75_000,
  /** Silence in the middle of a request's body, milliseconds. */
  bodySilenceMs: 30_000,
  /** What is still read from a client that has its answer: see `LingerLimits`. */
  lingerBytes: 64 * 1024 * 1024,
  lingerMs: 60_000,
  lingerSilenceMs: 2_000,
  stallMs: 120_000,
  /** How long to wait for an answer whose client sends no more, and for the next bytes of one that has begun, milliseconds. */
  halfClosedMs: 2_000,
  halfClosedSilenceMs: 250,
  /** Silence after which the kernel asks whether a client is still there, milliseconds. */
  probeIdleMs: 30_000,
  /** Time for open requests to finish when the daemon stops, milliseconds. */
  drainMs: 5_000,
  /** Largest request head, bytes. */
  headBytes: LIMITS.headBytes,
  /** Largest head that is still read, so that its page can read why it was refused, bytes. */
  readHeadBytes: 2 * LIMITS.headBytes,
  /** Longest path of a Unix socket, bytes with the closing zero (macOS has 104, Linux 108). */
  socketPathBytes: 104,
} as const
