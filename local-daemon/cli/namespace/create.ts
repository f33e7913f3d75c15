import type { Command } from 'commander'
import type { Namespace } from '../client/answers.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { namespaceFields } from '../output/namespace-fields.ts'
import { print, printJson } from '../output/output.ts'
import { parseNamespace } from '../parse/namespace.ts'

interface CreateOptions extends GlobalOptions {
  readonly description?: string
}

export function addNamespaceCreate(namespace: Command): void {
  namespace
    .command('create')
    .description('create a namespace; the one above it must exist')
    .argument('<name>', 'its name, such as team or team/ops', parseNamespace)
    .option('--description <text>', 'what it is for')
    .addHelpText(
      'after',
      examples(
        ['spl namespace create team', 'up to four levels'],
        ['spl namespace create team/ops --description "on call"', 'below team'],
        ['spl namespace create team --json', 'for scripts; again changes nothing'],
      ),
    )
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = optionsOf<CreateOptions>(command)
      const client = await daemonClient(options)
      const { description } = options
      const made = await client.post<Namespace>('/v1/namespaces', { name, description })
      if (options.json) printJson(made)
      else print(namespaceFields(made))
    })
}
