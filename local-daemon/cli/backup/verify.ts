import { countText } from '../../problem/count-text.ts'
import type { Command } from 'commander'
import { noteHomeOnly } from '../client/home-only.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { parseId } from '../parse/id.ts'

export function addBackupVerify(backup: Command): void {
  backup
    .command('verify')
    .description(
      'read a backup, compare it with its signed manifest, and open it as a daemon would',
    )
    .argument(
      '[backup]',
      'its name, the beginning of it, or its file; without it the newest one',
      parseId,
    )
    .addHelpText(
      'after',
      examples(
        ['spl backup verify', 'the newest one; exit code 0 if it is good, otherwise 1'],
        ['spl backup verify --json', 'for scripts'],
      ),
    )
    .action((name: string | undefined, _options: unknown, command: Command) =>
      verify(name, optionsOf(command)),
    )
}

async function verify(name: string | undefined, options: GlobalOptions): Promise<void> {
  noteHomeOnly('spl backup verify', options)
  const { proveNamed } = await import('./prove-backup.ts')
  const { name: proved, epoch, records, sampled } = await proveNamed(homeOf(options), name, options)
  if (options.json) {
    const told = { status: 'ok', name: proved, epoch, records, sampled }
    return printJson({ object: 'backup_verification', ...told })
  }
  print(
    `${proved}: ${countText(records, 'record')}, the file is the one that was signed, and opens`,
  )
}
