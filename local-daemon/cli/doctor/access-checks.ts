import { countText } from '../../problem/count-text.ts'
import type { Check } from './check.ts'
import { failure, pass, skip, warning } from './outcomes.ts'
import type { Token } from '../client/answers.ts'
import type { DaemonFacts, Survey } from './survey.ts'

/** An admin's bearer that ends sooner than this will be missed, seconds. */
const SOON = 24 * 3600

/**
 * Who may call, and as which actor.
 * @param now Unix time, seconds
 */
export function accessChecks({ daemon, running }: Survey, now: number): readonly Check[] {
  if (daemon === undefined)
    return ['auth', 'admin', 'origins', 'strict', 'settings'].map((name) =>
      skip(name, 'no daemon answers'),
    )
  return [
    authCheck(daemon),
    adminCheck(daemon.tokens, now),
    originsCheck(daemon),
    strictCheck(daemon, Boolean(running?.gateway)),
    settingsCheck(daemon),
  ]
}

function authCheck({ health, settings }: DaemonFacts): Check {
  const name = 'auth'
  if (health.security?.insecure_localhost) {
    return warning(
      name,
      '--insecure-localhost: every program and user on this machine can read and write records',
      'spl serve --stop, then spl serve --daemon without it',
    )
  }
  if (settings.auth_required === false) {
    return warning(
      name,
      'auth_required is false: every program and user on this machine can read and write records',
      'spl config set auth_required true',
    )
  }
  return pass(name, 'every request needs a bearer token')
}

function adminCheck(tokens: readonly Token[], now: number): Check {
  const name = 'admin'
  const admins = tokens.filter(
    ({ revoked_at, expires_at, scopes }) =>
      revoked_at === null &&
      scopes.includes('admin') &&
      (expires_at === null || expires_at > now + SOON),
  )
  if (admins.length > 0)
    return pass(name, `${countText(admins.length, 'bearer token')} with the scope admin`)
  return warning(
    name,
    'no bearer token with the scope admin is valid for more than a day: after that, only this machine can change anything',
    'spl service-account create --name admin --scopes admin --with-token',
  )
}

function originsCheck({ settings }: DaemonFacts): Check {
  const name = 'origins'
  const origins = settings.auth_cors_origins ?? []
  if (origins.length === 0) return pass(name, 'no web page from another origin may call')
  const clear = origins.filter((origin) => origin.startsWith('http:') && !LOOPBACK.test(origin))
  const listed = `web pages from ${origins.join(', ')} may call`
  if (clear.length === 0) return pass(name, listed, { origins: origins.length })
  return warning(
    name,
    `anyone on the network path can impersonate ${clear.join(', ')}`,
    `spl config auth-set-cors-origins ${origins.map((origin) => (clear.includes(origin) ? origin.replace('http:', 'https:') : origin)).join(',')}`,
  )
}

const LOOPBACK = /^http:\/\/(?:(?:[\w-]+\.)*localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/u

/** What the guide asks for behind a proxy. Through our gateway the caller is known either way, and the flags only narrow. */
function strictCheck({ settings }: DaemonFacts, tunnelled: boolean): Check {
  const name = 'strict'
  const { strict_actor_header, strict_impersonation_enforcement } = settings
  const proxied =
    (settings.trusted_proxies ?? []).length + (settings.allowed_hosts ?? []).length > 0
  const missing = [
    ...(strict_actor_header ? [] : ['strict_actor_header']),
    ...(strict_impersonation_enforcement ? [] : ['strict_impersonation_enforcement']),
  ]
  if (missing.length === 0) return pass(name, 'accounts act as others only if a list allows it')
  if (!proxied && !tunnelled) return pass(name, 'not needed: no proxy and no gateway is set up')
  return warning(
    name,
    `${proxied ? 'behind a reverse proxy' : 'behind a gateway'} an admin's bearer token may still act as anyone`,
    missing.map((key) => `spl config set ${key} true`).join(' && '),
  )
}

function settingsCheck({ settingWarnings }: DaemonFacts): Check {
  const name = 'settings'
  const [first, ...more] = settingWarnings
  if (first === undefined) return pass(name, 'every setting is valid')
  return failure(
    name,
    `${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`,
    'spl config show, then set it again: spl config set <key> <value>',
  )
}
