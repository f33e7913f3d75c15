/** What a background child tells its parent when the daemon cannot start. */
export interface StartFailure {
  readonly object: 'start_failure'
  readonly code: string
  readonly message: string
  readonly try?: string
}
