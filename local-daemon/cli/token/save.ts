import type { Command } from 'commander'
import { saveToken } from './save-token.ts'
import { destinationOf } from '../client/destination.ts'
import { homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson, warn } from '../output/output.ts'
import { readSecretArgument } from '../parse/secret-argument.ts'
import { parseId } from '../parse/id.ts'

export function addTokenSave(token: Command): void {
  token
    .command('save')
    .description('save the bearer token of this command line in the home (mode 0600)')
    .argument(
      '<bearer>',
      'a bearer token, or - for stdin, which keeps it out of the shell history',
      parseId,
    )
    .addHelpText(
      'after',
      examples(
        ['spl token save -', 'paste it, Enter, Ctrl-D'],
        ['spl token create --sa sa_… | spl token save -', 'create one and save it'],
      ),
    )
    .action(async (text: string, _options: unknown, command: Command) => {
      const options = optionsOf(command)
      const destination = destinationOf(options)
      const login = destination.kind === 'home' ? undefined : destination.login
      const path = await saveToken(homeOf(options), await readSecretArgument(text), login)
      if (options.json) printJson({ object: 'token_file', status: 'saved', path })
      else print(`saved in ${path}`)
      if (process.env['SPL_TOKEN']) warn('SPL_TOKEN is set and takes precedence over the file')
    })
}
