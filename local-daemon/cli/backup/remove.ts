import type { Command } from 'commander'
import { requireHere } from '../client/home-only.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { parseId } from '../parse/id.ts'

interface RemoveOptions extends GlobalOptions {
  readonly force?: boolean
  readonly yes?: boolean
}

export function addBackupRemove(backup: Command): void {
  backup
    .command('remove')
    .description('remove a backup for good; asks first; on the daemon’s machine only')
    .argument('<backup>', 'its name, the beginning of it, or its file', parseId)
    .option('--yes', 'do not ask')
    .option('--force', 'even if it is the last good one')
    .addHelpText(
      'after',
      examples(
        ['spl backup remove hub-20261130T084200Z-42-9f3a1c2b.db', 'asks first'],
        ['spl backup remove hub-20261130T08 --yes', 'the only one of that hour'],
      ),
    )
    .action((given: string, _options: unknown, command: Command) =>
      remove(given, optionsOf<RemoveOptions>(command)),
    )
}

async function remove(given: string, options: RemoveOptions): Promise<void> {
  requireHere('spl backup remove', options)
  const { removeBackup } = await import('./remove-backup.ts')
  const { name, bytes } = await removeBackup(homeOf(options), given, options)
  if (options.json) return printJson({ object: 'backup_removal', name, bytes })
  print(`removed ${name}`)
}
