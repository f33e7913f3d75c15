import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addNamespaceArchive } from './archive.ts'
import { addNamespaceCreate } from './create.ts'
import { addNamespaceList } from './list.ts'
import { addNamespaceRestore } from './restore.ts'

export function addNamespace(program: Command): void {
  const namespace = program
    .command('namespace')
    .description('manage namespaces, which threads belong to')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl namespace create team', 'then spl intend "a goal" --namespace team'],
        ['spl namespace list', 'which there are'],
      ),
    )
  addNamespaceCreate(namespace)
  addNamespaceList(namespace)
  addNamespaceArchive(namespace)
  addNamespaceRestore(namespace)
}
