import type { Command } from 'commander'
import type { Home } from '../../home/home.ts'
import { readBearer } from '../client/read-bearer.ts'
import { tokenFile } from '../client/token-file.ts'
import { locateBearer } from '../client/bearer.ts'
import { destinationOf } from '../client/destination.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { loginFile } from '../client/login-file.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { fields } from '../output/table.ts'

/** The `--json` of the command. */
interface TokenSource {
  readonly object: 'token_source'
  readonly source: 'option' | 'environment' | 'login' | 'file' | 'none'
  /** The token file or that of the login, if that is the source. */
  readonly path: string | null
  /** Null where the bearer has not the form of one. */
  readonly env: string | null
  readonly service_account_id: string | null
  readonly token_id: string | null
}

export function addTokenShowSource(token: Command): void {
  token
    .command('show-source')
    .description(
      'show which bearer token is used: --token, SPL_TOKEN or a saved one; exit code 0 or 4',
    )
    .addHelpText(
      'after',
      examples(
        ['spl token show-source', 'source, account and tag; never the secret'],
        ['spl token show-source --json | jq -r .service_account_id', 'for scripts'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf(command)
      const found = await sourceOf(options)
      if (options.json) printJson(found)
      else print(describe(found))
      if (found.source === 'none') process.exitCode = EXIT_CODE.refused
      if (options.json) return
      if (destinationOf(options).kind === 'home') {
        note(
          'no bearer token is sent while SPL_SERVE_URL is unset: the Unix socket of the home needs none',
        )
      } else if (found.source === 'none') noteNext('try', 'spl token save -')
    })
}

async function sourceOf(options: GlobalOptions): Promise<TokenSource> {
  const home = homeOf(options)
  const destination = destinationOf(options)
  const login = destination.kind === 'home' ? undefined : destination.login
  const located = await locateBearer(options.token, home, login)
  const parts = located && (await readBearer(located.bearer))
  return {
    object: 'token_source',
    source: located?.source ?? 'none',
    path: pathOf(located?.source, home),
    env: parts?.env ?? null,
    service_account_id: parts?.service_account_id ?? null,
    token_id: parts?.token_id ?? null,
  }
}

function pathOf(source: TokenSource['source'] | undefined, home: Home): string | null {
  if (source === 'login') return loginFile(home)
  return source === 'file' ? tokenFile(home) : null
}

const SOURCE_TEXT = {
  option: '--token',
  environment: 'SPL_TOKEN',
  login: 'spl login',
  file: 'the saved one',
  none: 'none',
} as const

function describe(found: TokenSource): string {
  const odd = found.source !== 'none' && found.token_id === null
  return fields([
    ['Source', SOURCE_TEXT[found.source]],
    ['File', found.path ?? undefined],
    ['Account', found.service_account_id ?? undefined],
    ['Env', found.env ?? undefined],
    ['Token id', odd ? 'not in the form of a bearer token' : (found.token_id ?? undefined)],
  ])
}
