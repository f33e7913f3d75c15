import type { SettingValues } from '../../settings/setting-definitions.ts'
import type { GatewayChoice } from './plan.ts'
import type { LocalAddresses } from './local-addresses.ts'
import type { UseCase, Way } from './use-case.ts'

/** What a person wants, parsed from flags or answers. */
export interface Wish {
  readonly use: UseCase
  /** The recommended way of the use unless told. */
  readonly way?: Way
  /** Public hostname, for the ways with a proxy. */
  readonly hostname?: string
  /** Origins of web pages that may call. */
  readonly origins: readonly string[]
  /** For the way `gateway`; the one that is connected unless told. */
  readonly gateway?: GatewayChoice
  /** PEM files for nginx; Let's Encrypt's unless told. */
  readonly certificate?: string
  readonly certificateKey?: string
}

/** What is there now. */
export interface Present {
  readonly addresses: LocalAddresses
  /** Of the daemon that runs, or else of the last one: the next one gets it too. */
  readonly port: number
  /** The gateway of the last start, while no daemon runs. */
  readonly lastGateway?: GatewayChoice
  /** How the daemon was started; undefined while none runs. */
  readonly running?: {
    /** `http://127.0.0.1:9100` */
    readonly address: string
    readonly gateway: GatewayChoice | null
  }
  /** The settings in force; the initial ones while no daemon runs. */
  readonly settings: Partial<SettingValues>
}
