import type { GlobalOptions } from '../global-options.ts'

/** `spl serve` as commander hands it over. */
export interface ServeOptions extends GlobalOptions {
  readonly daemon?: boolean
  readonly foreground?: boolean
  readonly stop?: boolean
  readonly restart?: boolean
  readonly status?: boolean
  readonly logs?: boolean
  readonly lines: number
  readonly follow: boolean
  readonly installService?: boolean
  readonly uninstallService?: boolean
  readonly dryRun?: boolean
  readonly host: string
  readonly port: number
  readonly store?: string
  readonly memory?: boolean
  /** Of this start alone: no restart begins anew once more. */
  readonly newStore?: boolean
  readonly insecureLocalhost?: boolean
  /** False: `--no-gateway`. */
  readonly gateway?: string | false
  readonly gatewayCa?: string
  /** Descriptor on which the background child says that it is ready. Not for people. */
  readonly readyFd?: number
  /** The service manager that starts the daemon, in the line of its service. Not for people. */
  readonly supervisor?: string
}
