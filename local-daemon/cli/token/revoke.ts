import type { Command } from 'commander'
import type { Changed, Token } from '../client/answers.ts'
import { tokenFields } from './token-fields.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { parseTokenId } from '../parse/token-id.ts'
import { wholeAccount, wholeToken } from '../client/whole-id.ts'
import { parseId } from '../parse/id.ts'

interface RevokeOptions extends GlobalOptions {
  readonly sa: string
  readonly tokenId: string
  readonly force?: boolean
}

export function addTokenRevoke(token: Command): void {
  token
    .command('revoke')
    .description('revoke one token permanently')
    .requiredOption('--sa <id>', 'service account that it belongs to', parseId)
    .requiredOption('--token-id <hash>', 'its id, or the first 8 digits or more', parseTokenId)
    .option('--force', 'even if only this machine can then administer the daemon')
    .addHelpText(
      'after',
      examples([
        'spl token revoke --sa sa_… --token-id 4f1c09d2a37b',
        'as spl token list shows it',
      ]),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf<RevokeOptions>(command)
      const client = await daemonClient(options)
      const account = await wholeAccount(client, options.sa)
      const id = await wholeToken(client, account, options.tokenId)
      const query = options.force ? '?force=true' : ''
      const revoked = await client.delete<Token & Changed>(`/v1/tokens/${id}${query}`)
      if (options.json) printJson(revoked)
      else print(tokenFields(revoked, revoked.edge))
    })
}
