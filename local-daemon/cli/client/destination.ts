import { existsSync } from 'node:fs'
import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { homeOf, type GlobalOptions } from '../global-options.ts'
import { readLogin, type Login } from './login-file.ts'

/** Where a command goes: the daemon of the home, or one elsewhere. */
export type Destination =
  | { readonly kind: 'home'; readonly home: Home }
  | {
      readonly kind: 'elsewhere'
      readonly origin: URL
      /** What named it, for the next step of an error. */
      readonly namedBy: 'SPL_SERVE_URL' | 'spl login'
      /** The login that belongs to this very origin. */
      readonly login: Login | undefined
    }

/**
 * `SPL_SERVE_URL`, then the daemon that `spl login` chose, then the home's own. A home that had a daemon never goes elsewhere
 * by itself: what is written must not end up in another place because a daemon happens to be stopped.
 *
 * @throws CliError URL_INVALID, TOKEN_INSECURE, LOGIN_UNREADABLE
 */
export function destinationOf(options: GlobalOptions): Destination {
  const home = homeOf(options)
  const url = process.env['SPL_SERVE_URL']
  if (url) {
    const origin = originIn(url)
    const login = readLogin(home)
    return {
      kind: 'elsewhere',
      origin,
      namedBy: 'SPL_SERVE_URL',
      login: login?.url === origin.origin ? login : undefined,
    }
  }
  if (existsSync(home.instanceKey)) return { kind: 'home', home }
  const login = readLogin(home)
  if (login === undefined) return { kind: 'home', home }
  return { kind: 'elsewhere', origin: new URL(login.url), namedBy: 'spl login', login }
}

function originIn(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed
  throw new CliError(
    'URL_INVALID',
    `SPL_SERVE_URL is not an http or https address: ${JSON.stringify(url)}`,
    'SPL_SERVE_URL=https://<public hostname>',
    EXIT_CODE.usage,
  )
}
