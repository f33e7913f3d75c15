/** As in docs/tunnel-states.md. `leaving`: open requests finish and no new ones come. */
export type LinkState = 'connecting' | 'greeting' | 'connected' | 'leaving' | 'waiting' | 'stopped'

/** The link as `GET /v1/tunnel` shows it. Times are Unix time in milliseconds. */
export interface LinkReport {
  readonly object: 'tunnel'
  readonly configured: true
  readonly state: LinkState
  readonly gateway_url: string
  readonly generation: number | null
  readonly since: number
  readonly last_connected_at: number | null
  /** When another process with this identity last asked to connect. */
  readonly rival_at: number | null
  readonly last_error: string | null
  readonly round_trip_ms: number | null
  readonly clock_offset_ms: number
  readonly reconnects: number
  readonly open_streams: number
  /** Readers of event streams who have caught up, and their groups; each group gets one copy. */
  readonly subscribers: number
  readonly groups: number
  readonly requests: number
  readonly bytes_in: number
  readonly bytes_out: number
  readonly messages_out: number
  readonly policy: { readonly sent: number | null; readonly acknowledged: number | null }
}
