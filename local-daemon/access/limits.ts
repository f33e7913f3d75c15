/** Every bound of access: what is remembered of tokens, tickets and invites, and how long each lives. */
export const ACCESS_LIMITS = {
  /** How old the stored time of a token's last use may become while it is used, and how often such times are written, milliseconds. */
  tokenUseMs: 600_000,
  tokenUseWriteMs: 5_000,
  /** Tokens whose last use is remembered between two writes. */
  tokenUses: 10_000,
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
} as const
