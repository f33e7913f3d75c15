import type { Command } from 'commander'
import { accountFields } from '../output/account-fields.ts'
import type { Account, Token } from '../client/answers.ts'
import { tokenTable } from '../output/token-table.ts'
import { collectPages } from '../client/collect-pages.ts'
import { type DaemonClient, daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { noteNext, print, printJson } from '../output/output.ts'
import { wholeAccount } from '../client/whole-id.ts'
import { parseId } from '../parse/id.ts'

type Described = Account & {
  readonly tokens: readonly Token[]
  readonly has_more: boolean
  readonly next_cursor: string | null
}

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
      const path = `/v1/service-accounts/${encodeURIComponent(await wholeAccount(client, id))}`
      const { has_more: more, next_cursor: _next, ...found } = await client.get<Described>(path)
      const described = more ? { ...found, tokens: await allTokens(client, found.id) } : found
      if (options.json) return printJson(described)
      print(accountFields(described))
      if (described.tokens.length === 0)
        noteNext('it has no token', `spl token create --sa ${described.id}`)
      else print(`\n${tokenTable(described.tokens, new Map([[described.id, described.name]]))}`)
    })
}

/** More than fit into the answer about their account. */
async function allTokens(client: DaemonClient, account: string): Promise<readonly Token[]> {
  const of = { service_account_id: account }
  return (await collectPages<Token>(client, '/v1/tokens', Number.POSITIVE_INFINITY, of)).data
}
