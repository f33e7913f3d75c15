import type { Command } from 'commander'
import type { Changed, Token } from '../access/answers.ts'
import { tokenFields } from '../access/token-fields.ts'
import { CliError } from '../cli-error.ts'
import { collectPages } from '../collect-pages.ts'
import { daemonClient, type DaemonClient } from '../daemon-client.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help-examples.ts'
import { print, printJson } from '../output.ts'
import { parseTokenId } from '../parse-token-id.ts'

interface RevokeOptions extends GlobalOptions {
  readonly sa: string
  readonly tokenId: string
  readonly force?: boolean
}

export function addTokenRevoke(token: Command): void {
  token
    .command('revoke')
    .description('end one token, for good')
    .requiredOption('--sa <id>', 'service account that it belongs to')
    .requiredOption('--token-id <hash>', 'its id, or the first 8 digits or more', parseTokenId)
    .option('--force', 'even if nobody could administer the daemon from elsewhere then')
    .addHelpText(
      'after',
      examples([
        'spl token revoke --sa sa_… --token-id 4f1c09d2a37be581',
        'as spl token list shows it',
      ]),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf<RevokeOptions>(command)
      const client = await daemonClient(options)
      const id = await wholeId(client, options)
      const query = options.force ? '?force=true' : ''
      const revoked = await client.delete<Token & Changed>(`/v1/tokens/${id}${query}`)
      if (options.json) printJson(revoked)
      else print(tokenFields(revoked, revoked.edge))
    })
}

/** The account's one token whose id begins so: a slip of the hand must not end somebody else's. */
async function wholeId(client: DaemonClient, { sa, tokenId }: RevokeOptions): Promise<string> {
  const filter = { service_account_id: sa }
  const all = await collectPages<Token>(client, '/v1/tokens', Number.POSITIVE_INFINITY, filter)
  const [found, another] = all.data.filter(({ token_id }) => token_id.startsWith(tokenId))
  if (found !== undefined && another === undefined) return found.token_id
  throw new CliError(
    found === undefined ? 'TOKEN_UNKNOWN' : 'TOKEN_AMBIGUOUS',
    `${found === undefined ? 'no' : 'more than one'} token of ${sa} begins with ${tokenId}`,
    `spl token list --sa ${sa}`,
    EXIT_CODE.failed,
  )
}
