import type { Account, Token } from './answers.ts'
import { CliError } from '../cli-error.ts'
import { collectPages } from './collect-pages.ts'
import type { DaemonClient } from './daemon-client.ts'

const THREAD = /^th_[0-9a-f]{64}$/u

/**
 * The one id that begins so; a whole one is not looked for.
 *
 * @param list asks for all there are, once it has to
 * @param command that shows them
 * @returns undefined if none begins so
 * @throws CliError ID_AMBIGUOUS
 */
export async function wholeId(
  beginning: string,
  list: () => Promise<readonly string[]>,
  command: string,
): Promise<string | undefined> {
  const ids = await list()
  if (ids.includes(beginning)) return beginning
  const [found, another] = new Set(ids.filter((id) => id.startsWith(beginning)))
  if (another === undefined) return found
  throw new CliError(
    'ID_AMBIGUOUS',
    `more than one id begins with ${beginning}`,
    `type more of it: ${command} lists them`,
  )
}

/**
 * The account that is meant by its id or the beginning of it, from `sa_` and one character on.
 *
 * @returns what was given where none begins so: the daemon then says that there is none
 */
export async function wholeAccount(client: DaemonClient, given: string): Promise<string> {
  if (!/^sa_[0-9a-z]{1,15}$/u.test(given)) return given
  const list = async () =>
    (await everyOne<Account>(client, '/v1/service-accounts')).map(({ id }) => id)
  return (await wholeId(given, list, 'spl service-account list')) ?? given
}

/**
 * The thread that is meant: one that has exactly that id, or else the one whose id begins so, from `th_` and one digit on. A
 * whole id, and a name that cannot be the beginning of one, is what was given: the first record opens such a thread.
 *
 * @throws CliError ID_AMBIGUOUS, THREAD_UNKNOWN
 */
export async function wholeThread(client: DaemonClient, given: string): Promise<string> {
  if (!/^th_[0-9a-f]{1,63}$/u.test(given)) return given
  const list = async () => {
    const ids = (await everyOne<{ id: string }>(client, '/v1/threads')).map(({ id }) => id)
    return ids.filter((id) => id === given || THREAD.test(id))
  }
  const found = await wholeId(given, list, 'spl thread list')
  if (found !== undefined) return found
  throw new CliError(
    'THREAD_UNKNOWN',
    `no thread begins with ${given}`,
    'spl thread list shows all threads. To open a new one, choose a name that cannot be the beginning of an id, such as th_release-1',
  )
}

/** The invite that is meant by its id or the beginning of it, from one digit on. */
export async function wholeInvite(client: DaemonClient, given: string): Promise<string> {
  if (!/^[0-9a-f]{1,63}$/u.test(given)) return given
  const list = async () =>
    (await everyOne<{ invite_id: string }>(client, '/v1/invites')).map(({ invite_id }) => invite_id)
  return (await wholeId(given, list, 'spl pair invites')) ?? given
}

/**
 * The token of an account whose id begins so: a slip of the hand must not end somebody else's.
 *
 * @throws CliError ID_AMBIGUOUS, TOKEN_UNKNOWN
 */
export async function wholeToken(
  client: DaemonClient,
  account: string,
  beginning: string,
): Promise<string> {
  const filter = { service_account_id: account }
  const list = async () =>
    (await everyOne<Token>(client, '/v1/tokens', filter)).map(({ token_id }) => token_id)
  const found = await wholeId(beginning, list, `spl token list --sa ${account}`)
  if (found !== undefined) return found
  throw new CliError(
    'TOKEN_UNKNOWN',
    `no token of ${account} begins with ${beginning}`,
    `spl token list --sa ${account}`,
  )
}

async function everyOne<Item>(
  client: DaemonClient,
  path: string,
  filter: Readonly<Record<string, string>> = {},
): Promise<readonly Item[]> {
  return (await collectPages<Item>(client, path, Number.POSITIVE_INFINITY, filter)).data
}
