import type { Command } from 'commander'
import { accountFields } from '../output/account-fields.ts'
import type { Account, Changed } from '../client/answers.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { wholeAccount } from '../client/whole-id.ts'
import { parseId } from '../parse/id.ts'

interface RevokeOptions extends GlobalOptions {
  readonly reason?: string
  readonly force?: boolean
}

export function addServiceAccountRevoke(account: Command): void {
  account
    .command('revoke')
    .description('revoke a service account and all its tokens permanently')
    .argument('<sa>', 'id of the account, or its beginning', parseId)
    .option('--reason <text>', 'stored with the account')
    .option('--force', 'even if only this machine can then administer the daemon')
    .addHelpText(
      'after',
      examples([
        'spl service-account revoke sa_… --reason "phone lost"',
        'its bearer tokens become invalid at once',
      ]),
    )
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = optionsOf<RevokeOptions>(command)
      const client = await daemonClient(options)
      const query = new URLSearchParams()
      if (options.reason !== undefined) query.set('reason', options.reason)
      if (options.force) query.set('force', 'true')
      const path = `/v1/service-accounts/${encodeURIComponent(await wholeAccount(client, id))}`
      const revoked = await client.delete<Account & Changed>(
        query.size === 0 ? path : `${path}?${query}`,
      )
      if (options.json) printJson(revoked)
      else print(accountFields(revoked, revoked.edge))
    })
}
