import type { Command } from 'commander'
import type { BackupView } from '../../backup/backup-view.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { destinationOf } from '../client/destination.ts'
import { presenceOf } from '../client/presence.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { showProgress } from '../output/progress.ts'
import { backupFields } from './backup-text.ts'

/** Milliseconds that a daemon may take to copy and prove a large store without a word. */
const SILENCE_MS = 3_600_000

export function addBackupCreate(backup: Command): void {
  backup
    .command('create')
    .description('copy the store and prove the copy; the daemon can keep running')
    .addHelpText(
      'after',
      examples(
        ['spl backup create', 'into backups/ of the home'],
        ['spl config set backup_every 1d', 'one each day instead, without asking'],
      ),
    )
    .action((_options: unknown, command: Command) => create(optionsOf(command)))
}

async function create(options: GlobalOptions): Promise<void> {
  const made = await makeOne(options)
  if (options.json) return printJson(made)
  print(backupFields(made))
}

async function makeOne(options: GlobalOptions): Promise<BackupView> {
  using _progress = showProgress('copying and proving the store', options)
  const home = homeOf(options)
  const isHere = destinationOf(options).kind === 'home'
  if (isHere && (await presenceOf(home)).state === 'absent') {
    const { makeOffline } = await import('./make-offline.ts')
    return await makeOffline(home)
  }
  const client = await daemonClient(options, SILENCE_MS)
  return await client.post<BackupView>('/v1/admin/backup', {})
}
