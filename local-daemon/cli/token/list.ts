import type { Command } from 'commander'
import type { Account, Token } from '../client/answers.ts'
import { tokenTable } from '../output/token-table.ts'
import { collectPages } from '../client/collect-pages.ts'
import { parseLimit } from '../parse/limit.ts'
import { daemonClient, type DaemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { wholeAccount } from '../client/whole-id.ts'
import { parseId } from '../parse/id.ts'

interface ListOptions extends GlobalOptions {
  readonly sa?: string
  readonly limit: number
}

export function addTokenList(token: Command): void {
  token
    .command('list')
    .description('list tokens by their hash, including revoked ones')
    .option('--sa <id>', 'only those of one service account', parseId)
    .option('--limit <n>', 'maximum number of tokens', parseLimit, 100)
    .addHelpText(
      'after',
      examples(
        ['spl token list --sa sa_…', 'a table'],
        ["spl token list --json | jq -r '.data[].token_id'", 'whole hashes for scripts'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf<ListOptions>(command)
      const client = await daemonClient(options)
      const account = options.sa && (await wholeAccount(client, options.sa))
      const filter = account === undefined ? {} : { service_account_id: account }
      const list = await collectPages<Token>(client, '/v1/tokens', options.limit, filter)
      if (options.json) return printJson(list)
      if (list.data.length === 0) noteNext('no tokens', 'spl token create --sa <id>')
      else print(tokenTable(list.data, await namesOf(client)))
      if (list.has_more) note(`more exist: --limit ${options.limit * 10}`)
    })
}

/** What accounts are called, by their ids. */
async function namesOf(client: DaemonClient): Promise<ReadonlyMap<string, string>> {
  const path = '/v1/service-accounts'
  const accounts = await collectPages<Account>(client, path, Number.POSITIVE_INFINITY)
  return new Map(accounts.data.map(({ id, name }) => [id, name]))
}
