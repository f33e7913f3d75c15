/** The states that the status shows (docs/tunnel-states.md). */
export type TunnelState =
  | 'connecting'
  | 'greeting'
  | 'connected'
  /** Open requests finish and no new ones come: another daemon took over, or this one is stopping. */
  | 'leaving'
  | 'waiting'
  | 'stopped'

/** The part of the status that the states decide. Times are Unix time in milliseconds. */
export interface StateStatus {
  readonly state: TunnelState
  readonly generation: number | null
  /** Version of the policy that the gateway has acknowledged on this connection. */
  readonly policy_version: number | null
  /** When `state` last changed. */
  readonly since: number
  readonly last_error: string | null
  /** When the gateway last greeted. */
  readonly last_connected_at: number | null
  /** When another process with this identity last asked for the place that this one has. */
  readonly rival_at: number | null
  /** Connections after the first since the daemon started. */
  readonly reconnects: number
}

export interface TunnelStatus extends StateStatus {
  readonly gateway_url: string
  /** The gateway's clock minus this machine's when it was last dialed, milliseconds; 0 before. For people to read. */
  readonly clock_offset_ms: number
  readonly open_streams: number
  /** Readers of event streams who have caught up; each group of them is sent one copy. */
  readonly subscribers: number
  readonly groups: number
}
