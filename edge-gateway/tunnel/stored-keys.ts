/** Everything that an object keeps in its storage over a sleep, by key. What its sockets keep is in their attachments. */
export const STORED = {
  /** Home's policy, encoded (policy/policy-book.ts). */
  policy: 'policy',
  /** Home's clock minus this one when the policy came, seconds. */
  policyOffset: 'policy-offset',
  /** Number of the newest connection (connection/presence.ts). */
  generation: 'generation',
  /** Since when home is away. */
  away: 'away',
  /** The hostname was taken back; written at once (tenure.ts). */
  ended: 'ended',
} as const
