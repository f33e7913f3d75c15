/** The limits of the store: the size of a transaction, a read and a feed, and how long they wait. */
export const STORE_LIMITS = {
  /** Most records in one write transaction; the rest waits for the next one. */
  commitRecords: 500,
  /** Most lines in one batch of a bulk append, and their bytes; a single append waits for one batch at most. */
  ingestRecords: 256,
  ingestBytes: 512 * 1024,
  /** Batches of one bulk append that are verified or wait: what it holds in memory. */
  ingestAhead: 4,
  /** Longest wait of a write while another program has the store locked, milliseconds; and how many may wait then. */
  storeBusyMs: 5_000,
  writesWaiting: 512,
  /** Pause between two tries while the disk is full or fails, milliseconds. */
  storeRetryMs: 1_000,
  /** A full store has room again once this much was written and four times as much is left, bytes. */
  storeProbeBytes: 256 * 1024,
  /** Pause between two counts of all rows, and how long a start may wait for the first count, milliseconds. */
  storeCensusMs: 60_000,
  storeCensusStartMs: 100,
  /** Records in one read of the store. No read stays open across an await. */
  pageRecords: 500,
  /** Bytes of records that one read collects. */
  pageBytes: 64 * 1024,
  /** Live records that a feed keeps for a reader that does not read: ten full transactions. */
  feedRecords: 5_000,
  /** Bytes of live records that a feed keeps for a reader that does not read. */
  feedBytes: 4 * 1024 * 1024,
  /** How long an Idempotency-Key is remembered, milliseconds: a day. */
  idempotencyMs: 24 * 3600 * 1000,
} as const
