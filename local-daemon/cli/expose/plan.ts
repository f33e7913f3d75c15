import type { SettingKey } from '../parse/setting-kinds.ts'
import type { SettingValue } from '../parse/setting.ts'
import type { UseCase, Way } from './use-case.ts'

/** One thing to do. `start`, `set` and `restart` are done here, `write` where a directory was named; the rest is a person's. */
export type Step =
  | { readonly do: 'start'; readonly why: string }
  | {
      readonly do: 'set'
      readonly key: SettingKey
      readonly value: SettingValue
      readonly why: string
    }
  | {
      readonly do: 'restart'
      /** Where it is to listen; left out where that stays. */
      readonly host?: string
      /** The gateway that it is to have, or null for none; left out where that stays. */
      readonly gateway?: GatewayChoice | null
      readonly why: string
    }
  | {
      readonly do: 'write'
      readonly file: string
      readonly content: string
      /** The command that prints it, or all files of its kind. */
      readonly printedBy: string
      readonly why: string
    }
  | { readonly do: 'person'; readonly commands: readonly string[]; readonly why: string }

export interface GatewayChoice {
  readonly url: string
  /** PEM file to trust for it, besides the system's authorities. */
  readonly cacert: string | null
}

/** What is done so that somebody gets to the daemon, and nobody else. */
export interface Plan {
  readonly use: UseCase
  readonly way: Way
  /** Where it will be reached; null while nobody is to reach it. */
  readonly url: string | null
  readonly steps: readonly Step[]
  /** What to know before saying yes. */
  readonly warnings: readonly string[]
  /** What comes after: the command that brings the device, the peer or the page in. */
  readonly next: readonly string[]
}
