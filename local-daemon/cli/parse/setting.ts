import { CliError } from '../cli-error.ts'
import { closest } from '../../../protocol/http/closest.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { parseBytes } from './bytes.ts'
import { parseDuration } from './duration.ts'
import { parseList } from './list.ts'
import { isPlace, parsePlace } from './place.ts'
import { SETTING_KINDS, type SettingKey } from './setting-kinds.ts'

export type SettingValue = boolean | number | string | null | readonly string[]

/** @throws CliError UNKNOWN_SETTING with the key that was probably meant */
export function parseSettingKey(text: string): SettingKey {
  if (Object.hasOwn(SETTING_KINDS, text)) return text as SettingKey
  const keys = Object.keys(SETTING_KINDS)
  const guess = closest(text, keys)
  throw new CliError(
    'UNKNOWN_SETTING',
    `there is no setting ${JSON.stringify(text)}`,
    guess === undefined ? `one of ${keys.join(', ')}` : `did you mean ${guess}?`,
    EXIT_CODE.usage,
  )
}

/**
 * The value as words of the command line: `true` or `false` (`on`, `off`), a whole number, a size (`20GiB`, `none`), a time
 * span (`12h`, `off`), a place (`s3://…`, `none`), or a list with commas or spaces, which `''` empties.
 *
 * @throws CliError INVALID_SETTING
 */
export function parseSettingValue(key: SettingKey, words: readonly string[]): SettingValue {
  const kind = SETTING_KINDS[key]
  if (kind === 'list') return words.flatMap(parseList)
  const [word = '', ...more] = words
  if (more.length === 0) {
    if (kind === 'bool' && Object.hasOwn(BOOLEANS, word)) return BOOLEANS[word] === true
    const size = kind === 'bytes' ? parseSize(word) : undefined
    if (size !== undefined) return size
    if (kind === 'int' && /^(?:0|[1-9]\d{0,8})$/u.test(word)) return Number(word)
    if (kind === 'place' && (word === 'none' || word === 'off')) return null
    if (kind === 'place' && isPlace(word)) return parsePlace(word)
    const seconds = kind === 'period' ? secondsOf(word) : undefined
    if (seconds !== undefined) return seconds
  }
  throw new CliError(
    'INVALID_SETTING',
    `${key} is ${FORMS[kind]}, not ${JSON.stringify(words.join(' '))}`,
    `spl config set ${key} ${EXAMPLES[kind]}`,
    EXIT_CODE.usage,
  )
}

const FORMS = {
  bool: 'true or false',
  bytes: 'a size such as 20GiB, or none',
  int: 'a whole number of at most nine digits',
  period: 'a time span such as 1d, or off',
  place: 's3://bucket/prefix, or none',
} as const
const EXAMPLES = { bool: 'true', bytes: '20GiB', int: '100', period: '1d', place: 'none' } as const

/** Null for `none`; undefined for no size. */
function parseSize(word: string): number | null | undefined {
  return word === 'none' ? null : parseBytes(word)
}

/** `off`, or a time span in seconds: as `parseDuration`, or without a unit. */
function secondsOf(word: string): number | undefined {
  if (word === 'off' || word === '0') return 0
  if (/^[1-9]\d{0,8}$/u.test(word)) return Number(word)
  try {
    return parseDuration(word)
  } catch {
    return undefined
  }
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  false: false,
  off: false,
}
