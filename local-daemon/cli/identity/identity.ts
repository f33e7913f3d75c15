import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addIdentityBackup } from './backup.ts'
import { addIdentityRestore } from './restore.ts'

export function addIdentity(program: Command): void {
  const identity = program
    .command('identity')
    .description('back up the keys of this home with a passphrase, and put them back')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl identity backup -o keys.age', 'asks for a passphrase'],
        ['spl identity restore keys.age', 'on a machine that has none yet'],
      ),
    )
  addIdentityBackup(identity)
  addIdentityRestore(identity)
}
