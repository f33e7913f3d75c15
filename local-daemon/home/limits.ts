import { LIMITS } from '../../protocol/limits.ts'

/** Every bound of the daemon's own: what it holds in memory, how long it waits, how much it answers. */
export const DAEMON_LIMITS = {
  /** Largest request body, bytes: one record, its envelope and some room for escapes. */
  bodyBytes: LIMITS.recordBytes + 64 * 1024,
  /** Most records in one write transaction; the rest waits for the next one. */
  commitRecords: 500,
  /** Longest wait of a write while another program has the store locked, milliseconds; and most that wait then. */
  storeBusyMs: 5_000,
  writesWaiting: 512,
  /** Pause between two tries of a store whose disk is full or fails, milliseconds. */
  storeRetryMs: 1_000,
  /** A store that was full has room again once this much was written to it and four times as much is left, bytes. */
  storeProbeBytes: 256 * 1024,
  /** Pause between two counts of all that the file of the store holds, and how long a start may wait for the first, milliseconds. */
  storeCensusMs: 60_000,
  storeCensusStartMs: 100,
  /** How old the stored time of a token's last use may become while it is used, and how often such times are written, milliseconds. */
  tokenUseMs: 600_000,
  tokenUseWriteMs: 5_000,
  /** Tokens whose last use is remembered between two writes. */
  tokenUses: 10_000,
  /** Records of one read of the store; no read is left open across a wait. */
  pageRecords: 500,
  /** Bytes of records that one read collects before it is handed on. */
  pageBytes: 64 * 1024,
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
  /** Live records that a feed holds for a reader that does not read: ten full transactions. */
  feedRecords: 5_000,
  /** Bytes of live records that a feed holds for a reader that does not read. */
  feedBytes: 4 * 1024 * 1024,
  /** Silence after which an event stream sends a comment, milliseconds. */
  heartbeatMs: 15_000,
  /** Longest wait of `feed=longpoll`, milliseconds. */
  longPollMs: 30_000,
  /** How long an Idempotency-Key is remembered, milliseconds: a day. */
  idempotencyMs: 24 * 3600 * 1000,
  /** Default and largest `limit` of lists. */
  listDefault: 100,
  listMax: 1_000,
  /** Default and largest `limit` of `/v1/sync/changes`. */
  changesDefault: 1_000,
  changesMax: 10_000,
  /** Bearers whose signature check is remembered. */
  verifiedBearers: 256,
  /** Seconds that a stream ticket lives, and most that wait to be used: of one account, of all. */
  ticketSeconds: 30,
  ticketsOfAccount: 64,
  tickets: 4_096,
  /** Seconds that an invite lives, if nothing else is said, and at most. */
  inviteDefaultSeconds: 15 * 60,
  inviteMaxSeconds: 7 * 24 * 3600,
  /** Longest lifetime of a token that is given one, seconds: ten years. */
  tokenMaxSeconds: 10 * 365 * 24 * 3600,
  /** How often an account may exchange its own bearer, per minute. */
  rotationsPerMinute: 10,
  /** Most allowed actors of an account. */
  accountActors: 64,
  /** Live tokens that the edge is told; with more it does not know them, and home alone decides. */
  edgeTokens: 2_000,
  /** Time that a change waits for the gateway to acknowledge it before it is reported as pending, milliseconds. */
  edgeAckMs: 2_000,
  /** Lines of the request log that are kept in memory. */
  requestLogLines: 1_000,
  /** Characters of a line's path, and of each of its other texts that a client chooses. */
  requestLogPath: 512,
  requestLogText: 256,
  /** Largest upload that proves a proxy, bytes; nothing of it is kept. */
  probeUploadBytes: 100 * 1024 * 1024,
  /** Most events of the stream that proves a proxy, and longest time between two, milliseconds. */
  probeEvents: 10,
  probeIntervalMs: 1_000,
  /** Bytes of the log file before it is set aside, and files that are kept beside it. */
  logBytes: 10 * 1024 * 1024,
  logFiles: 7,
  /** Lines that the log gets of faults in one minute; what is beyond is counted. */
  faultLines: 60,
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
