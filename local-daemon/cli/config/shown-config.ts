import type { Edge } from '../client/answers.ts'
import type { SettingValue } from '../parse/setting.ts'

/** A setting of `GET /v1/config`. */
export interface ShownSetting {
  readonly key: string
  readonly value: SettingValue
  readonly default: SettingValue
  readonly source: 'default' | 'record'
  readonly record_id: string | null
  /** Unix time, seconds. */
  readonly set_at: number | null
}

/** `GET /v1/config`. */
export interface ShownConfig {
  readonly object: 'config'
  readonly settings: readonly ShownSetting[]
  readonly warnings: readonly string[]
  readonly edge: Edge
}
