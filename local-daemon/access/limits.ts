/** The limits of access: lifetimes of tokens, tickets and invites, and how many are remembered where that is bounded. */
export const ACCESS_LIMITS = {
  /** How old the stored time of a token's last use may be while it is in use, and how often these times are written, milliseconds. */
  tokenUseMs: 600_000,
  tokenUseWriteMs: 5_000,
  /** Tokens whose last use is remembered between two writes. */
  tokenUses: 10_000,
  /** Bearers whose signature check is remembered. */
  verifiedBearers: 256,
  /** Lifetime of a stream ticket, seconds, and the most unused ones: of one account, of all. */
  ticketSeconds: 30,
  ticketsOfAccount: 64,
  tickets: 4_096,
  /** Default and longest lifetime of an invite, seconds. */
  inviteDefaultSeconds: 15 * 60,
  inviteMaxSeconds: 7 * 24 * 3600,
  /** Longest lifetime of a token that expires, seconds: ten years. */
  tokenMaxSeconds: 10 * 365 * 24 * 3600,
  /** How often an account may exchange its own bearer, per minute. */
  rotationsPerMinute: 10,
  /** Most allowed actors of an account. */
  accountActors: 64,
  /** Most namespaces of a daemon, archived ones included: a read of many goes through as many places. */
  namespaces: 1_000,
  /** Ids of a kind that the list of what has ended keeps: the newest ones. Longest list that is read, bytes. */
  endedOfAKind: 100_000,
  endedFileBytes: 64 * 1024 * 1024,
  /** How often it is added to before it is written anew, and how long after a failure it is tried again, milliseconds. */
  endedLines: 1_000,
  endedRetryMs: 30_000,
} as const
