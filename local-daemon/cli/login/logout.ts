import type { Command } from 'commander'
import { readBearer } from '../client/read-bearer.ts'
import type { Changed, Token } from '../client/answers.ts'
import { CliError } from '../cli-error.ts'
import { originClient } from '../client/daemon-client.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { checkInstance, INSTANCE_LIMITS } from '../client/ask-instance.ts'
import { loginFile, readLogin, removeLogin, type Login } from '../client/login-file.ts'
import { note, print, printJson } from '../output/output.ts'

interface LogoutOptions extends GlobalOptions {
  readonly revoke?: boolean
}

export function addLogout(program: Command): void {
  program
    .command('logout')
    .description('undo spl login: remove the address and its bearer token')
    .option('--revoke', 'revoke the bearer token there first; it needs the scope admin')
    .addHelpText(
      'after',
      examples(
        ['spl logout', 'shows how to revoke the bearer token at home'],
        ['spl logout --revoke', 'revokes it, if the bearer token allows that'],
      ),
    )
    .action((_options: unknown, command: Command) => logout(optionsOf<LogoutOptions>(command)))
}

async function logout(options: LogoutOptions): Promise<void> {
  const home = homeOf(options)
  const login = loginToLeave(options)
  if (login !== undefined && options.revoke) await revoke(login)
  removeLogin(home)
  const status = login === undefined ? 'absent' : 'removed'
  const revoked = login !== undefined && options.revoke === true
  const url = login?.url ?? null
  if (options.json) return printJson({ object: 'logout', status, url, revoked })
  if (login === undefined) return note(`there is no login in ${loginFile(home)}`)
  print(`logged out of ${login.url}`)
  if (revoked) return print('its bearer token is revoked')
  note('its bearer token is still valid; to revoke it, at home:')
  note(`  spl service-account revoke ${login.service_account_id}`)
}

/** A file that cannot be read is there to be removed, too. */
function loginToLeave(options: LogoutOptions): Login | undefined {
  try {
    return readLogin(homeOf(options))
  } catch (error) {
    if (error instanceof CliError && !options.revoke) {
      note(error.message)
      return undefined
    }
    throw error
  }
}

async function revoke(login: Login): Promise<void> {
  const origin = new URL(login.url)
  const ca = login.ca ?? undefined
  const stranger = originClient(origin, undefined, 'spl login', { ca, ...INSTANCE_LIMITS })
  await checkInstance(stranger, login)
  const client = originClient(origin, login.bearer, 'spl login', { ca })
  const id = (await readBearer(login.bearer))?.token_id
  try {
    await client.delete<Token & Changed>(`/v1/tokens/${id}`)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    throw new CliError(
      'LOGOUT_NOT_REVOKED',
      `the bearer token was not revoked, and the login stays: ${error.message} [${error.code}]`,
      `spl logout, and at home: spl service-account revoke ${login.service_account_id}`,
      error.exitCode,
      { cause: error },
    )
  }
}
