import type { GlobalOptions } from '../global-options.ts'

/** `spl serve` as commander hands it over. */
export interface ServeOptions extends GlobalOptions {
  readonly daemon?: boolean
  readonly foreground?: boolean
  readonly stop?: boolean
  readonly status?: boolean
  readonly host: string
  readonly port: number
  readonly insecureLocalhost?: boolean
  readonly gateway?: string
  readonly gatewayCa?: string
  /** Descriptor on which the background child says that it is ready. Not for people. */
  readonly readyFd?: number
}
