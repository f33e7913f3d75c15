import type { Command } from 'commander'
import type { Account } from '../client/answers.ts'
import { collectPages } from '../client/collect-pages.ts'
import { parseLimit } from '../parse/limit.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { grantText } from '../output/reach-text.ts'
import { table } from '../output/table.ts'
import { shortTime } from '../output/local-time.ts'

interface ListOptions extends GlobalOptions {
  readonly limit: number
}

export function addServiceAccountList(account: Command): void {
  account
    .command('list')
    .description('list service accounts, including revoked ones')
    .option('--limit <n>', 'maximum number of accounts', parseLimit, 100)
    .addHelpText(
      'after',
      examples(
        ['spl service-account list', 'a table'],
        ["spl service-account list --json | jq -r '.data[].id'", 'ids for scripts'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf<ListOptions>(command)
      const client = await daemonClient(options)
      const list = await collectPages<Account>(client, '/v1/service-accounts', options.limit)
      if (options.json) return printJson(list)
      const rows = list.data.map((account) => [
        account.id,
        account.name,
        account.active ? 'yes' : 'no',
        account.env,
        shortTime(account.created_at),
        grantText(account.scopes, account.reach),
      ])
      if (rows.length === 0)
        noteNext('no accounts yet', 'spl service-account create --name <label>')
      else {
        print(table(['ACCOUNT', 'NAME', 'ACTIVE', 'ENV', 'CREATED', 'SCOPES'], rows))
      }
      if (list.has_more) note(`more exist: --limit ${options.limit * 10}`)
    })
}
