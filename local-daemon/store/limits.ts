/** Every bound of the store: what one transaction, read and feed may hold, and how long it waits. */
export const STORE_LIMITS = {
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
  /** Records of one read of the store; no read is left open across a wait. */
  pageRecords: 500,
  /** Bytes of records that one read collects before it is handed on. */
  pageBytes: 64 * 1024,
  /** Live records that a feed holds for a reader that does not read: ten full transactions. */
  feedRecords: 5_000,
  /** Bytes of live records that a feed holds for a reader that does not read. */
  feedBytes: 4 * 1024 * 1024,
  /** How long an Idempotency-Key is remembered, milliseconds: a day. */
  idempotencyMs: 24 * 3600 * 1000,
} as const
