import type { Command } from 'commander'
import type { Namespace } from '../client/answers.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { namespaceFields } from '../output/namespace-fields.ts'
import { print, printJson } from '../output/output.ts'
import { parseNamespace } from '../parse/namespace.ts'

export function addNamespaceArchive(namespace: Command): void {
  namespace
    .command('archive')
    .description('take no more records in a namespace and all below it')
    .argument('<namespace>', 'its name, such as team/ops', parseNamespace)
    .addHelpText(
      'after',
      examples(
        ['spl namespace archive team', 'closes team/ops too; all stays readable'],
        ['spl namespace archive team --json', 'for scripts'],
      ),
    )
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = optionsOf(command)
      const client = await daemonClient(options)
      const now = await client.patch<Namespace>('/v1/namespaces', { name, archived: true })
      if (options.json) printJson(now)
      else print(namespaceFields(now))
    })
}
