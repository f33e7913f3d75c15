import type { Command } from 'commander'
import { requireHere } from '../client/home-only.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'

interface RemoveOptions extends GlobalOptions {
  readonly force?: boolean
}

export function addBackupRemove(backup: Command): void {
  backup
    .command('remove')
    .description('remove a backup for good; on the daemon’s machine only')
    .argument('<backup>', 'name of a backup')
    .option('--force', 'even if it is the last good one')
    .addHelpText(
      'after',
      examples([
        'spl backup remove hub-20261130T084200Z-42-9f3a1c2b.db',
        'one that you do not need',
      ]),
    )
    .action((name: string, _options: unknown, command: Command) =>
      remove(name, optionsOf<RemoveOptions>(command)),
    )
}

async function remove(name: string, options: RemoveOptions): Promise<void> {
  requireHere('spl backup remove', options)
  const { removeBackup } = await import('./remove-backup.ts')
  const bytes = await removeBackup(homeOf(options), name, options.force === true)
  if (options.json) return printJson({ object: 'backup_removal', name, bytes })
  print(`removed ${name}`)
}
