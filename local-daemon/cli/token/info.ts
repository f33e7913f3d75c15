import type { Command } from 'commander'
import { readBearer } from '../client/read-bearer.ts'
import { noBearer } from './no-bearer.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { readSecretArgument } from '../parse/secret-argument.ts'
import { fields } from '../output/table.ts'
import { parseId } from '../parse/id.ts'

export function addTokenInfo(token: Command): void {
  token
    .command('info')
    .description('show the parts of a bearer token, offline and without its secret')
    .argument('<bearer>', 'a bearer token, or - for stdin', parseId)
    .addHelpText(
      'after',
      examples(
        ['spl token info - < ~/.syncro/token', 'account, tag and hash of the saved one'],
        ['spl token info - --json | jq -r .token_id', 'the id that spl token revoke takes'],
      ),
    )
    .action(async (text: string, _options: unknown, command: Command) => {
      const bearer = await readSecretArgument(text)
      const parts = await readBearer(bearer)
      if (parts === undefined) throw noBearer(bearer, 'spl token info')
      if (optionsOf(command).json) return printJson({ object: 'token_info', ...parts })
      print(
        fields([
          ['Token id', parts.token_id],
          ['Account', parts.service_account_id],
          ['Env', parts.env],
        ]),
      )
    })
}
