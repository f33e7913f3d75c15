import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addBackupCreate } from './create.ts'
import { addBackupFetch } from './fetch.ts'
import { addBackupKeygen } from './keygen.ts'
import { addBackupList } from './list.ts'
import { addBackupRemove } from './remove.ts'
import { addBackupVerify } from './verify.ts'

export function addBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('keep copies of the store: make, list, prove and remove them')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl backup create', 'one now; the daemon can keep running'],
        ['spl backup list', 'and when the next one is due'],
        ['spl backup verify', 'proves the newest one'],
      ),
    )
  addBackupCreate(backup)
  addBackupList(backup)
  addBackupVerify(backup)
  addBackupRemove(backup)
  addBackupKeygen(backup)
  addBackupFetch(backup)
}
