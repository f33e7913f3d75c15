import { durationText } from '../output/duration-text.ts'
import { SETTING_KINDS, type SettingKey } from '../parse/setting-kinds.ts'

/** The value of a setting for people. */
export function settingText(key: string, value: unknown): string {
  const isPeriod =
    Object.hasOwn(SETTING_KINDS, key) && SETTING_KINDS[key as SettingKey] === 'period'
  if (isPeriod && typeof value === 'number') return durationText(value)
  if (value === null) return 'none'
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
