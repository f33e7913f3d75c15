/** The limits of what the gateway learns. */
export const EDGE_LIMITS = {
  /** Live tokens that the gateway learns. With more it knows none, and only home decides. */
  edgeTokens: 2_000,
  /** How long a change waits for the gateway's acknowledgement before it is reported as pending, milliseconds. */
  edgeAckMs: 2_000,
} as const
