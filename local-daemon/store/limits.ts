/** The limits of the store: the size of a transaction, a read and a feed, and how long they wait. */
export const STORE_LIMITS = {
  /** Most records in one write transaction; the rest waits for the next one. */
  commitRecords: 500,
  /** Most lines in one batch of a bulk append, and their bytes: what a thread signs or verifies at a time. */
  ingestRecords: 256,
  ingestBytes: 256 * 1024,
  /**
   * How long one transaction of a bulk append takes before its commit, milliseconds: while single writes come, and once none has
   * come for so long.
   */
  bulkTransactionMs: 1,
  bulkAloneMs: 8,
  bulkAloneAfterMs: 250,
  /** Largest record that changes settings in a store that is at its ceiling, bytes: the longest list of origins has 19 KiB. */
  settingBytes: 32 * 1024,
  /** Batches of one bulk append that are verified or wait: what it holds in memory. */
  ingestAhead: 10,
  /** Batches that are written together, if they are on their way: a flush to disk costs as much as some hundred rows. */
  ingestTogether: 4,
  /** Longest wait of a write while another program has the store locked, milliseconds; and how many may wait then. */
  storeBusyMs: 5_000,
  writesWaiting: 512,
  /** How long a lock is held before it counts as trouble, milliseconds. */
  storeBusyToldMs: 1_000,
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
  /** Threads for reads that may be slow. */
  readWorkers: 2,
  /** Time of one such read, milliseconds; and how long after it its thread is ended, which does not even stop between two steps. */
  slowReadMs: 2_000,
  slowReadGraceMs: 1_000,
  /** Longest that the start of its thread, with the opening of the file, may take before that, milliseconds. */
  slowReadStartMs: 10_000,
  /** Such reads that wait for a thread, for all and for one holder; and how long, milliseconds. */
  slowReadsWaiting: 64,
  slowReadsWaitingPerHolder: 8,
  slowReadWaitMs: 10_000,
  /** How long a thread without work is kept, milliseconds. */
  readWorkerIdleMs: 30_000,
  /** Heap of one such thread, MiB. */
  readWorkerHeapMiB: 128,
  /** Jobs that a thread which signs and verifies has at once; how long one without work is kept, milliseconds; its heap, MiB. */
  proofJobsAhead: 2,
  proofWorkerIdleMs: 10_000,
  proofWorkerHeapMiB: 64,
  /** What a filter may have: conditions, levels of nesting, values in one list, UTF-16 units of a pattern, steps of a path. */
  queryConditions: 100,
  queryDepth: 8,
  queryListItems: 1_000,
  queryPatternUnits: 256,
  queryPathSteps: 32,
  /** Time that a query takes between two looks at the clock, milliseconds. */
  queryStepMs: 20,
  /** Bytes of records in one step of a query with one condition; with more conditions fewer. */
  queryStepBytes: 4 * 1024 * 1024,
  /** Records that one look-up in an index by clock may name; with more, the thread is read instead. */
  queryCandidates: 10_000,
  /** What a search may have: UTF-16 units in all, and words. */
  searchUnits: 1_000,
  searchWordCount: 32,
  /** Most records and bytes that are indexed in one transaction. */
  indexRecords: 1_000,
  indexBytes: 1024 * 1024,
  /** How long after a write it is indexed, so that many are together; and how long to wait after a failure, milliseconds. */
  indexAfterMs: 1_000,
  indexRetryMs: 10_000,
  /** Pause between two transactions while the index is behind, as a part of the time of the one before. */
  indexPause: 0.5,
  /** The same while a bulk append is under way, milliseconds. */
  indexBulkPauseMs: 2_000,
  /** How long the thread that indexes is kept without work, milliseconds. */
  indexIdleMs: 30_000,
  /** How long a redaction waits for the index to be clear of it, milliseconds. */
  indexClearMs: 5_000,
  /** Most records behind the index that a search looks at, of those that its reader may see. */
  searchTail: 50_000,
} as const
