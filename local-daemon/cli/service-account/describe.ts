import type { Command } from 'commander'
import { accountFields } from '../output/account-fields.ts'
import type { Account, Token } from '../client/answers.ts'
import { tokenTable } from '../output/token-table.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { noteNext, print, printJson } from '../output/output.ts'
import { wholeAccount } from '../client/whole-id.ts'
import { parseId } from '../parse/id.ts'

type Described = Account & { readonly tokens: readonly Token[] }

export function addServiceAccountDescribe(account: Command): void {
  account
    .command('describe')
    .description('show one service account and its tokens')
    .argument('<sa>', 'id of the account, or its beginning', parseId)
    .addHelpText(
      'after',
      examples(
        ['spl service-account describe sa_…', 'what it may do, and its tokens'],
        ["spl service-account describe sa_… --json | jq '.tokens[].token_id'", 'for scripts'],
      ),
    )
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = optionsOf(command)
      const client = await daemonClient(options)
      const described = await client.get<Described>(
        `/v1/service-accounts/${encodeURIComponent(await wholeAccount(client, id))}`,
      )
      if (options.json) return printJson(described)
      print(accountFields(described))
      if (described.tokens.length === 0)
        noteNext('it has no token', `spl token create --sa ${described.id}`)
      else print(`\n${tokenTable(described.tokens, new Map([[described.id, described.name]]))}`)
    })
}
