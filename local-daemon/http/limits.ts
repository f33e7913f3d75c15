import { LIMITS } from '../../protocol/limits.ts'

/** Every bound of the HTTP interface: of connections, of answers, and of what routes take. */
export const HTTP_LIMITS = {
  /** Bytes of all large answers that their readers have not taken, one page more each time; see `PageMemory`. */
  pagesBytes: 16 * 1024 * 1024,
  /** Bytes that a reader of a large answer is given at a time. */
  pieceBytes: LIMITS.dataBytes,
  /** Time that pages are made before everything else is served, milliseconds. */
  pageTurnMs: 4,
  /** Turns of the process until more are made: in each turn it accepts one connection (libuv 1.45 and later). */
  pageRestTurns: 16,
  /** How long a reader may take nothing before its page is given up for others that wait, milliseconds. */
  pageIdleMs: 50,
  /** Silence after which an event stream sends a comment, milliseconds. */
  heartbeatMs: 15_000,
  /** Longest wait of `feed=longpoll`, milliseconds. */
  longPollMs: 30_000,
  /** Default and largest `limit` of lists. */
  listDefault: 100,
  listMax: 1_000,
  /** Default and largest `limit` of `/v1/sync/changes`. */
  changesDefault: 1_000,
  changesMax: 10_000,
  /** Largest upload that proves a proxy, bytes; nothing of it is kept. */
  probeUploadBytes: 100 * 1024 * 1024,
  /** Most events of the stream that proves a proxy, and longest time between two, milliseconds. */
  probeEvents: 10,
  probeIntervalMs: 1_000,
  /** Requests of one connection that may wait for the answer of the one before them. */
  pipelined: 100,
  /** Connections of one listener; at the bound, or at what descriptors allow, the one that has been idle longest makes room. */
  connections: 1_024,
  /** Descriptors that the process keeps for the socket, the store, the log and the tunnel, when it may have few. */
  spareDescriptors: 128,
  /** Time to send a whole request head, milliseconds. */
  headersMs: 10_000,
  /** Time to send a whole request, milliseconds: a body is at most `bodyBytes`, or a proxy's proof. */
  requestMs: 120_000,
  /** Time that an idle connection is kept, milliseconds. */
  keepAliveMs: 75_000,
  /** Silence in the middle of a request's body, milliseconds. */
  bodySilenceMs: 30_000,
  /** What is still read of a client that has its answer: see `LingerLimits`. */
  lingerBytes: 64 * 1024 * 1024,
  lingerMs: 60_000,
  lingerSilenceMs: 2_000,
  stallMs: 120_000,
  /** How long an answer is waited for whose client sends no more, milliseconds; and the next bytes of one that has begun. */
  halfClosedMs: 2_000,
  halfClosedSilenceMs: 250,
  /** Silence after which the kernel asks whether a client is still there, milliseconds. */
  probeIdleMs: 30_000,
  /** Time for open requests to finish when the daemon stops, milliseconds. */
  drainMs: 5_000,
  /** Largest request head, bytes. */
  headBytes: LIMITS.headBytes,
  /** Largest that is read, so that the page which sent it can read why it was refused, bytes. */
  readHeadBytes: 2 * LIMITS.headBytes,
  /** Longest path of a Unix socket, bytes with the closing zero (macOS has 104, Linux 108). */
  socketPathBytes: 104,
} as const
