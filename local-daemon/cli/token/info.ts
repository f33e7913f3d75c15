import type { Command } from 'commander'
import { parseCode } from '../../../protocol/identity/signed-code.ts'
import { readBearer } from '../client/read-bearer.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { readSecretArgument } from '../parse/secret-argument.ts'
import { fields } from '../output/table.ts'

export function addTokenInfo(token: Command): void {
  token
    .command('info')
    .description('show the parts of a bearer token, offline and without its secret')
    .argument('<bearer>', 'a bearer token, or - for stdin')
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
      if (parts === undefined) throw noBearer(bearer)
      if (optionsOf(command).json) return printJson({ object: 'token_info', ...parts })
      print(
        fields([
          ['Token', parts.token_id],
          ['Account', parts.service_account_id],
          ['Env', parts.env],
        ]),
      )
    })
}

/** The message never repeats the text: it may be a bearer with a character too many. */
function noBearer(text: string): CliError {
  const isInvite = parseCode(text)?.kind === 'invite'
  return new CliError(
    'TOKEN_INVALID',
    isInvite
      ? 'that is an invite, not a bearer token'
      : 'that is not a bearer token: a bearer token looks like spl_<env>_<service account>_<secret>',
    isInvite ? 'spl pair redeem - --url <url>' : 'copy all of it, or create one: spl token create',
    EXIT_CODE.usage,
  )
}
