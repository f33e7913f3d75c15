import { Option, type Command } from 'commander'
import type { BackupListView } from '../../backup/backup-view.ts'
import { countText } from '../../problem/count-text.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { destinationOf } from '../client/destination.ts'
import { presenceOf } from '../client/presence.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { shortTime } from '../output/local-time.ts'
import { note, noteNext, print, printJson, warn } from '../output/output.ts'
import { parsePlace } from '../parse/place.ts'
import { table } from '../output/table.ts'
import { bytesText } from '../../problem/bytes-text.ts'

export function addBackupList(backup: Command): void {
  backup
    .command('list')
    .description('list the backups, newest first, and when the next one is due')
    .addOption(
      new Option('--from <place>', 'those in an S3 store, s3://bucket/prefix').argParser(
        parsePlace,
      ),
    )
    .addHelpText(
      'after',
      examples(
        ['spl backup list', 'a table'],
        ['spl backup list --from s3://bucket/home', 'those elsewhere, asked now'],
        ["spl backup list --json | jq -r '.data[0].name'", 'the newest one'],
      ),
    )
    .action((_options: unknown, command: Command) => list(optionsOf<ListOptions>(command)))
}

interface ListOptions extends GlobalOptions {
  readonly from?: string
}

async function list(options: ListOptions): Promise<void> {
  const found = await listOf(options)
  if (options.json) return printJson(found)
  const there = new Set(found.offsite?.names)
  // The name has the time and the number of records: with columns for them, 80 would not be enough.
  const rows = found.data.map(({ name, bytes, reason, fault }) => [
    name,
    bytesText(bytes),
    fault === null ? `${reason}${there.has(name) ? ', also elsewhere' : ''}` : 'of no use',
  ])
  if (rows.length === 0 && options.from !== undefined) {
    note(`no backup of this home in ${options.from}: check bucket, prefix and keys/`)
  } else if (rows.length === 0) noteNext('no backups yet; make one with', 'spl backup create')
  else print(table(['NAME', 'SIZE', 'WHY'], rows))
  for (const { name, fault } of found.data) {
    if (fault !== null) warn(`${name} is of no use: ${fault}`)
  }
  if (found.foreign !== undefined && found.foreign > 0) {
    const files = countText(found.foreign, 'file', 'files')
    warn(`${files} there cannot be taken: damaged, not finished, or of another home`)
  }
  noteOffsite(found)
  if (found.next_at !== null) note(`next one: ${shortTime(found.next_at)}`)
  if (found.failure !== null) {
    warn(`the last one failed: ${found.failure.message} [${found.failure.code}]`)
  }
}

function noteOffsite({ data, offsite }: BackupListView): void {
  if (offsite === null) return
  const { to, names, newest, failure } = offsite
  const alone = names.filter((name) => !data.some((one) => one.name === name))
  note(`elsewhere: ${to}, newest ${newest ?? 'not known yet'}`)
  for (const name of alone) note(`only there: ${name}`)
  if (failure !== null) warn(`not sent: ${failure.message} [${failure.code}]; ${failure.try ?? ''}`)
}

/** `foreign` is of a place elsewhere. */
async function listOf(
  options: ListOptions,
): Promise<BackupListView & { readonly foreign?: number }> {
  const home = homeOf(options)
  if (options.from !== undefined) {
    const { elsewhere, listElsewhere } = await import('./elsewhere.ts')
    return await listElsewhere(await elsewhere(home, options.from))
  }
  if (destinationOf(options).kind === 'home' && (await presenceOf(home)).state === 'absent') {
    const { listOffline } = await import('./list-offline.ts')
    return await listOffline(home)
  }
  const client = await daemonClient(options)
  return await client.get<BackupListView>('/v1/backups')
}
