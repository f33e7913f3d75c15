import { Option, type Command } from 'commander'
import { viewOfManifest } from '../../backup/backup-view.ts'
import { noteHomeOnly } from '../client/home-only.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson } from '../output/output.ts'
import { withProgress } from '../output/progress.ts'
import { parsePlace } from '../parse/place.ts'
import { backupFields } from './backup-text.ts'
import { parseId } from '../parse/id.ts'

interface FetchOptions extends GlobalOptions {
  readonly from: string
  readonly identity: string
}

export function addBackupFetch(backup: Command): void {
  backup
    .command('fetch')
    .description('read a backup from an S3 store, decrypt, prove and keep it in the home')
    .argument(
      '[backup]',
      'name of a backup, or the beginning of it; without it the newest one',
      parseId,
    )
    .addOption(
      new Option('--from <place>', 's3://bucket/prefix, as in the setting backup_to')
        .argParser(parsePlace)
        .makeOptionMandatory(),
    )
    .requiredOption('--identity <file>', 'the file that spl backup keygen wrote')
    .addHelpText(
      'after',
      `${examples([
        'spl backup fetch --from s3://bucket/home --identity key.txt',
        'the newest one; its keys/ must be in the home',
      ])}

Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from the
file s3.credentials of the home. What is there:
spl backup list --from s3://bucket/home
`,
    )
    .action((name: string | undefined, _options: unknown, command: Command) =>
      fetchOne(name, optionsOf<FetchOptions>(command)),
    )
}

async function fetchOne(name: string | undefined, options: FetchOptions): Promise<void> {
  noteHomeOnly('spl backup fetch', options)
  const { elsewhere, fetchElsewhere } = await import('./elsewhere.ts')
  const { explainStart } = await import('../../explain-start.ts')
  const home = homeOf(options)
  const place = await elsewhere(home, options.from, options.identity)
  const { manifest } = await withProgress('reading the backup', options, () =>
    fetchElsewhere(place, name).catch((error: unknown) => {
      throw explainStart(error, home)
    }),
  )
  const view = viewOfManifest(manifest)
  if (options.json) return printJson(view)
  print(backupFields(view))
  note(`it is in ${place.at.source.place.where} now`)
}
