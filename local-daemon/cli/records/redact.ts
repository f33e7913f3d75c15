import type { Command } from 'commander'
import { daemonClient, type DaemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { confirmName } from '../output/confirm-name.ts'
import { localTime } from '../output/local-time.ts'
import { note, print, printJson, warn } from '../output/output.ts'
import { recordText, type RecordWithText } from '../output/record-text.ts'
import { fields } from '../output/table.ts'
import { parseRecordId } from '../parse/id.ts'
import { showHolders, type BackupHolders } from './show-holders.ts'

interface RedactOptions extends GlobalOptions {
  readonly reason: string
  readonly yes?: true
}

/** The answer of the daemon. */
interface Redaction {
  readonly id: string
  readonly thread: string
  readonly body_sha256: string
  readonly redacted_at: number
  readonly record_id: string
  readonly created: boolean
  readonly erased: boolean
  readonly backups: BackupHolders
}

const EXAMPLE_ID = '0ffae80046b4a5cd9b4f7d4c36b2e9a17d5b1c8e63f2a9d0b7c4e1f58a6d3b92'

export function addRedact(program: Command): void {
  program
    .command('redact')
    .description('take the body out of a record for good; its id stays')
    .argument('<id>', 'record, all 64 digits of its id', parseRecordId)
    .requiredOption('--reason <text>', 'why; it stays on th_audit_redactions')
    .option('--yes', 'do not ask first; needed outside of a terminal')
    .addHelpText(
      'after',
      examples([`spl redact ${EXAMPLE_ID} --reason "a password"`, 'cannot be undone']),
    )
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = optionsOf<RedactOptions>(command)
      const client = await daemonClient(options)
      const { reason } = options
      if (options.yes !== true) await confirmFirst(client, id)
      const redaction = await client.post<Redaction>(`/v1/records/${id}/redact`, { reason })
      if (options.json) return printJson(redaction)
      print(
        fields([
          ['Record', redaction.id],
          ['Thread', redaction.thread],
          ['Redacted', localTime(redaction.redacted_at / 1000)],
          ['Body', `SHA-256 ${redaction.body_sha256}`],
          ['Note', redaction.record_id],
          ['Erased', redaction.erased ? 'from all files of the store' : 'not yet'],
        ]),
      )
      if (!redaction.created) note('it was redacted before; nothing was changed')
      if (!redaction.erased) {
        warn(
          'another program reads the store, so its log may still have the body; the daemon clears it as soon as that ends',
        )
      }
      showHolders(redaction.backups)
    })
}

/** It cannot be undone, so a person sees what it is about. A script, which nobody sits at, says `--yes`. */
async function confirmFirst(client: DaemonClient, id: string): Promise<void> {
  if (process.stdin.isTTY) {
    const record = await client.get<RecordWithText>(`/v1/records/${id}`)
    note(`its body is: ${recordText(record)}`)
  }
  await confirmName('redact', false, 'take it out for good')
}
