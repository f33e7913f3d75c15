import { readdir } from 'node:fs/promises'
import { SCOPES } from '../../../protocol/identity/scopes.ts'
import { isBackupName } from '../../backup/backup-name.ts'
import type { Account, Namespace, Token } from '../client/answers.ts'
import type { List } from '../client/collect-pages.ts'
import type { DaemonClient } from '../client/daemon-client.ts'
import { SETTING_KINDS } from '../parse/setting-kinds.ts'
import type { Candidate } from './complete-line.ts'

/** Gives a daemon to ask, or fails where there is none. */
export type Ask = () => Promise<DaemonClient>

/** What the line says besides the word. */
interface Said {
  /** The service account that it names already. */
  readonly account: string | undefined
  /** The directory of the home's backups. */
  readonly backups: string
}

/**
 * Values that a place takes by its name. Those of the daemon are the newest hundred: a Tab must be answered before a
 * person wonders.
 */
export async function knownValues(
  name: string,
  word: string,
  ask: Ask,
  { account, backups }: Said,
): Promise<readonly Candidate[]> {
  if (name === 'key') return words(Object.keys(SETTING_KINDS))
  if (name === 'scopes') return inList(word, SCOPES)
  if (name === 'sa') {
    const list = await page<Account>(ask, '/v1/service-accounts')
    return list.map(({ id, name }) => ({ value: id, meaning: name }))
  }
  if (name === 'thread') {
    const list = await page<{ id: string; goal: string | null }>(ask, '/v1/threads')
    return list.map(({ id, goal }) => ({ value: id, meaning: goal ?? '' }))
  }
  if (name === 'namespace') return namespaces(ask)
  if (name === 'reach')
    return inList(
      word,
      (await namespaces(ask)).map(({ value }) => value),
    )
  // Also without a daemon: a backup is restored while none runs.
  if (name === 'backup') return words((await readdir(backups)).filter(isBackupName).toReversed())
  if (name === 'invite') {
    const list = await page<{ invite_id: string; device: string }>(ask, '/v1/invites')
    return list.map(({ invite_id, device }) => ({ value: invite_id, meaning: device }))
  }
  if (name === 'token-id') {
    const query = account === undefined ? '' : `&service_account_id=${encodeURIComponent(account)}`
    const list = await page<Token>(ask, '/v1/tokens', query)
    return list
      .filter(({ revoked_at }) => revoked_at === null)
      .map(({ token_id, service_account_id }) => ({ value: token_id, meaning: service_account_id }))
  }
  return []
}

async function namespaces(ask: Ask): Promise<readonly Candidate[]> {
  const list = await page<Namespace>(ask, '/v1/namespaces')
  return list.map(({ name, description }) => ({ value: name, meaning: description ?? '' }))
}

async function page<Item>(ask: Ask, path: string, query = ''): Promise<readonly Item[]> {
  const client = await ask()
  return (await client.get<List<Item>>(`${path}?limit=100${query}`)).data
}

function words(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value, meaning: '' }))
}

/** The last item of a list with commas, behind those that are written already. */
function inList(word: string, values: readonly string[]): Candidate[] {
  const before = word.slice(0, word.lastIndexOf(',') + 1)
  const there = before.split(',')
  return words(values.filter((value) => !there.includes(value)).map((value) => before + value))
}
