import type { Command } from 'commander'
import { requireHere } from '../client/home-only.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { printJson } from '../output/output.ts'
import { showRestored } from './show-restored.ts'
import { parseId } from '../parse/id.ts'

export interface RestoreOptions extends GlobalOptions {
  readonly yes?: boolean
  readonly force?: boolean
  /** A file of age. */
  readonly identity?: string
  /** `--no-revoke` makes it false. */
  readonly revoke: boolean
}

export function addRestore(program: Command): void {
  program
    .command('restore')
    .description('put a backup in the place of the store, while no daemon runs')
    .argument(
      '[backup]',
      'name of a backup, a database file, or s3://bucket/prefix[/name]; without it the newest backup',
      parseId,
    )
    .option('--yes', 'do not ask')
    .option('--identity <file>', 'of spl backup keygen: decrypts s3://… and files of age')
    .option('--force', 'also a file in which something is damaged')
    .option('--no-revoke', 'leave what was revoked since the backup valid again')
    .addHelpText(
      'after',
      examples(
        ['spl restore', 'the newest backup; asks first'],
        ['spl restore hub-20261130T084200Z-42-9f3a1c2b.db', 'another one: spl backup list'],
        ['spl restore s3://bucket/home --identity key.txt', 'the newest one elsewhere'],
        ['spl restore spl-backup.age --identity key.txt', 'of spl backup create --recipient'],
        ['spl restore ~/copy/hub.db --yes', 'any copy of the store of this home'],
      ),
    )
    .action((backup: string | undefined, _options: unknown, command: Command) =>
      restore(backup, optionsOf<RestoreOptions>(command)),
    )
}

async function restore(backup: string | undefined, options: RestoreOptions): Promise<void> {
  requireHere('spl restore', options)
  const { runRestore } = await import('./run-restore.ts')
  const restored = await runRestore(homeOf(options), backup, options)
  if (options.json) printJson(restored)
  else showRestored(restored)
}
