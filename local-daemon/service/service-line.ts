/** The service managers that start a daemon, as the daemon's hidden option names them. */
export type Supervisor = 'systemd' | 'launchd'

/** What a service runs, and for which home. */
export interface ServiceLine {
  readonly home: string
  /** Program and arguments, every path absolute. */
  readonly line: readonly string[]
  /** File for the daemon's stderr. */
  readonly errors: string
}
