import type { Command } from 'commander'
import type { BackupListView } from '../../backup/backup-view.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { destinationOf } from '../client/destination.ts'
import { presenceOf } from '../client/presence.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { shortTime } from '../output/local-time.ts'
import { note, noteNext, print, printJson, warn } from '../output/output.ts'
import { table } from '../output/table.ts'
import { sizeText } from './backup-text.ts'

export function addBackupList(backup: Command): void {
  backup
    .command('list')
    .description('list the backups, newest first, and when the next one is due')
    .addHelpText(
      'after',
      examples(
        ['spl backup list', 'a table'],
        ["spl backup list --json | jq -r '.data[0].name'", 'the newest one'],
      ),
    )
    .action((_options: unknown, command: Command) => list(optionsOf(command)))
}

async function list(options: GlobalOptions): Promise<void> {
  const found = await listOf(options)
  if (options.json) return printJson(found)
  const rows = found.data.map(({ name, created_at, records, bytes, reason, fault }) => [
    name,
    shortTime(created_at),
    records === null ? '-' : String(records),
    sizeText(bytes),
    fault ?? reason ?? '',
  ])
  if (rows.length === 0) noteNext('no backups yet; make one with', 'spl backup create')
  else print(table(['NAME', 'MADE', 'RECORDS', 'SIZE', 'WHY'], rows))
  if (found.next_at !== null) note(`next one: ${shortTime(found.next_at)}`)
  if (found.failure !== null) {
    warn(`the last one failed: ${found.failure.message} [${found.failure.code}]`)
  }
}

async function listOf(options: GlobalOptions): Promise<BackupListView> {
  const home = homeOf(options)
  if (destinationOf(options).kind === 'home' && (await presenceOf(home)).state === 'absent') {
    const { listOffline } = await import('./list-offline.ts')
    return await listOffline(home)
  }
  const client = await daemonClient(options)
  return await client.get<BackupListView>('/v1/backups')
}
