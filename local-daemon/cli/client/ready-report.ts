import type { Exposure } from '../../network/listen-host.ts'

/** What a daemon says about itself once it serves; the `--json` of `spl serve`. */
export interface ReadyReport {
  readonly object: 'daemon'
  readonly status: 'running'
  readonly pid: number
  readonly address: string
  readonly socket: string
  readonly home: string
  readonly log: string
  readonly instance_did: string
  readonly gateway: string | null
  /** Who can reach the address. */
  readonly exposure: Exposure
  /** What a person should know, one line each. */
  readonly warnings: readonly string[]
  /** The database file; null for one in memory. */
  readonly store: string | null
  /** The setting, as it was at the start. */
  readonly auth_required: boolean
  /** The service manager that started it: `systemd` or `launchd`. */
  readonly supervisor: string | null
  /** No bearer is asked for on loopback. */
  readonly insecure_localhost: boolean
  /** PEM file that is trusted for the gateway, beside the system's authorities. */
  readonly gateway_ca: string | null
  /** There is no account yet: a caller with the bootstrap token, or on the socket, makes the first. */
  readonly bootstrap_open: boolean
  /** Only on the first start of a home: the store keeps no more than its hash. */
  readonly admin_bearer?: string
}
