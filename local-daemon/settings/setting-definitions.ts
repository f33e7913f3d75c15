import { BlockList, isIP } from 'node:net'
import { OriginError, parseOriginList } from '../../protocol/http/origin.ts'
import { ProblemError } from '../problem/problem-error.ts'

/** The settings that are records, each with its definition. */
export interface SettingValues {
  readonly auth_required: boolean
  readonly strict_actor_header: boolean
  readonly strict_impersonation_enforcement: boolean
  /** Origins whose pages may call, as browsers send them. */
  readonly auth_cors_origins: readonly string[]
  /** Addresses or CIDR ranges of reverse proxies whose forwarded headers count. */
  readonly trusted_proxies: readonly string[]
  /** Public host names that a reverse proxy forwards, lower case, without a port. */
  readonly allowed_hosts: readonly string[]
  /** How often one token may use the public hostname. */
  readonly token_requests_per_second: number
  readonly token_burst: number
  /** Bytes that the store may use; null: as many as the disk has. */
  readonly store_ceiling_bytes: number | null
  /** Whether records may be searched, by an index beside the store. */
  readonly search_enabled: boolean
  /** Seconds between two backups of the schedule; 0 for none. */
  readonly backup_every: number
  /** How many backups of the schedule are kept. */
  readonly backup_keep: number
  /** `s3://…`, where backups go too; null for nowhere. */
  readonly backup_to: string | null
  /** Recipients of age, `age1…`: what leaves this machine is encrypted to all of them. */
  readonly backup_recipients: readonly string[]
}
export type SettingKey = keyof SettingValues

interface Definition<Value> {
  readonly initial: Value
  /** The field of the record's body with the value, beside `topic`. */
  readonly field: 'enabled' | 'origins' | 'addresses' | 'hosts' | 'recipients' | 'value'
  /** The value in its canonical form. Throws `ProblemError` `INVALID_SETTING`. */
  parse(value: unknown): Value
}

const LISTED_MAX = 64

export const SETTINGS: { readonly [Key in SettingKey]: Definition<SettingValues[Key]> } = {
  auth_required: { initial: true, field: 'enabled', parse: parseSwitch },
  strict_actor_header: { initial: false, field: 'enabled', parse: parseSwitch },
  strict_impersonation_enforcement: { initial: false, field: 'enabled', parse: parseSwitch },
  auth_cors_origins: { initial: [], field: 'origins', parse: parseOrigins },
  trusted_proxies: { initial: [], field: 'addresses', parse: parseAddresses },
  allowed_hosts: { initial: [], field: 'hosts', parse: parseHosts },
  token_requests_per_second: { initial: 200, field: 'value', parse: parseCount(1, 1_000_000) },
  token_burst: { initial: 2_000, field: 'value', parse: parseCount(1, 10_000_000) },
  store_ceiling_bytes: { initial: null, field: 'value', parse: parseCeiling },
  search_enabled: { initial: true, field: 'enabled', parse: parseSwitch },
  backup_every: { initial: 0, field: 'value', parse: parsePeriod },
  backup_keep: { initial: 7, field: 'value', parse: parseCount(1, 1_000) },
  backup_to: { initial: null, field: 'value', parse: parsePlace },
  backup_recipients: { initial: [], field: 'recipients', parse: parseRecipients },
}

export const INITIAL_SETTINGS = Object.fromEntries(
  Object.entries(SETTINGS).map(([key, { initial }]) => [key, initial]),
) as unknown as SettingValues

export function isSettingKey(text: unknown): text is SettingKey {
  return typeof text === 'string' && Object.hasOwn(SETTINGS, text)
}

/** The body of the record that states a setting. */
export function settingBody(key: SettingKey, value: unknown): Record<string, unknown> {
  return { topic: key, [SETTINGS[key].field]: value }
}

function parseSwitch(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw invalid('must be true or false', 'Give true or false.')
}

function parseCount(least: number, most: number): (value: unknown) => number {
  return (value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) {
      return value
    }
    throw invalid(`must be a whole number from ${least} to ${most}`, 'Give such a number.')
  }
}

/** Not less than a new store needs, or nothing could be written. */
const LEAST_CEILING = 1024 ** 2

function parseCeiling(value: unknown): number | null {
  return value === null ? null : parseCount(LEAST_CEILING, Number.MAX_SAFE_INTEGER)(value)
}

/** Seconds: none, or from a minute to a year. */
function parsePeriod(value: unknown): number {
  if (value === 0) return 0
  const isOne = typeof value === 'number' && Number.isInteger(value)
  if (isOne && value >= 60 && value <= 31_536_000) return value
  throw invalid(
    'must be 0, or from 60 to 31536000 seconds: a minute to a year',
    'Give 86400 for each day: spl config set backup_every 1d.',
  )
}

/** `s3://bucket/prefix?…` without a user or a password: everybody who may read settings sees it. */
function parsePlace(value: unknown): string | null {
  if (value === null) return null
  const url = typeof value === 'string' && value.length <= 500 ? URL.parse(value) : null
  if (
    typeof value === 'string' &&
    url?.protocol === 's3:' &&
    url.hostname !== '' &&
    !value.includes('@')
  ) {
    return value
  }
  throw invalid('must be s3://bucket/prefix, without credentials', 'See docs/backup.md.')
}

const RECIPIENT = /^age1(?:pq1)?[a-z0-9]{50,3000}$/

function parseRecipients(value: unknown): readonly string[] {
  const list = textsOf(value, 'recipients, such as ["age1…"]')
  if (list.every((one) => RECIPIENT.test(one))) return [...new Set(list)]
  throw invalid('must hold recipients of age alone: age1…', 'spl backup keygen prints one.')
}

function parseOrigins(value: unknown): readonly string[] {
  const list = textsOf(value, 'origins, such as ["https://app.example.com"]')
  try {
    return parseOriginList(list)
  } catch (error) {
    if (!(error instanceof OriginError)) throw error
    throw new ProblemError('INVALID_SETTING', error.message, { field: 'value', try: error.try })
  }
}

function parseAddresses(value: unknown): readonly string[] {
  const list = textsOf(value, 'addresses, such as ["127.0.0.1", "10.0.0.0/8"]')
  const check = new BlockList()
  for (const entry of list) addAddress(check, entry)
  return [...new Set(list)]
}

/** Adds an address or a CIDR range. Throws `INVALID_SETTING` for anything else. */
export function addAddress(list: BlockList, entry: string): void {
  const [address = '', bits, ...rest] = entry.split('/')
  const family = isIP(address)
  const most = family === 6 ? 128 : 32
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
  // A range of everything would make every caller a proxy.
  if (family === 0 || rest.length > 0 || prefix < 1 || prefix > most) {
    const shown = entry.slice(0, 64).replaceAll(/[^!-~]/g, '?')
    throw invalid(`"${shown}" is not an address or range`, 'Write 127.0.0.1 or 10.0.0.0/8.')
  }
  list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4')
}

const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

function parseHosts(value: unknown): readonly string[] {
  const list = textsOf(value, 'host names, such as ["spl.example.com"]')
  const hosts = list.map((entry) => entry.toLowerCase())
  for (const host of hosts) {
    if (HOST.test(host) && isIP(host) === 0) continue
    const shown = host.slice(0, 64).replaceAll(/[^!-~]/g, '?')
    throw invalid(`"${shown}" is not a host name`, 'Write it alone, without scheme and port.')
  }
  return [...new Set(hosts)]
}

function textsOf(value: unknown, form: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
    throw invalid(`must be a list of ${form}`, 'Give a JSON array of texts.')
  }
  if (value.length > LISTED_MAX) {
    throw invalid(`must hold at most ${LISTED_MAX} entries`, 'Leave out what is no longer used.')
  }
  return value
}

function invalid(reason: string, next: string): ProblemError {
  return new ProblemError('INVALID_SETTING', `The value ${reason}`, { field: 'value', try: next })
}
