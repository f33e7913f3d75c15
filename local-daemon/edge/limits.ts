/** Every bound of what the gateway is told. */
export const EDGE_LIMITS = {
  /** Live tokens that the edge is told; with more it does not know them, and home alone decides. */
  edgeTokens: 2_000,
  /** Time that a change waits for the gateway to acknowledge it before it is reported as pending, milliseconds. */
  edgeAckMs: 2_000,
} as const
