import { countText } from '../../problem/count-text.ts'
import { Option, type Command } from 'commander'
import { bytesText } from '../../problem/bytes-text.ts'
import { CliError } from '../cli-error.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { requireKnownPlace } from '../client/known-place.ts'
import { wholeThread } from '../client/whole-id.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, printJson } from '../output/output.ts'
import { showProgress, type Progress } from '../output/progress.ts'
import { parseId } from '../parse/id.ts'
import { parseOutput } from '../parse/output.ts'
import { interruptedBySignal } from './interrupted.ts'
import { shellPath, shellWord } from '../../problem/shell-word.ts'
import { PartialFile } from './partial-file.ts'
import { writeExport, type ExportSink, type Written } from './write-export.ts'

interface ExportOptions extends GlobalOptions {
  readonly thread?: string
  readonly namespace?: string
  readonly since?: string
  readonly all?: true
  readonly output: string
  readonly force?: true
}

export function addExport(program: Command): void {
  program
    .command('export')
    .description('write records to a file that spl import takes, signed and complete')
    .option('--thread <thread>', 'only this thread: its id, or its beginning', parseId)
    .option('--namespace <name>', 'only this namespace, and those below it', parseId)
    .option('--since <cursor>', 'only what came after; spl export prints the cursor', parseId)
    .option('--all', 'also the daemon’s own threads: accounts, settings, audit')
    .addOption(
      new Option('-o, --output <file>', 'file to write; - is stdout')
        .argParser(parseOutput)
        .default('-'),
    )
    .option('--force', 'replace the file if it exists')
    .addHelpText(
      'after',
      examples(
        ['spl export -o records.ndjson', 'everything; again after an interruption: goes on'],
        ['spl export --thread th_tea > tea.ndjson', 'one thread'],
        ['spl export --since d03f54…:4:e68e24… -o news.ndjson', 'what came since the last one'],
      ),
    )
    .action((_options: unknown, command: Command) => exportRecords(optionsOf(command)))
}

async function exportRecords(options: ExportOptions): Promise<void> {
  const { output, json } = options
  if (output === '-') refuseStdout(json)
  const started = performance.now()
  const client = await daemonClient(options)
  const thread = options.thread && (await wholeThread(client, options.thread))
  await requireKnownPlace(client, { thread, namespace: options.namespace })
  const query = {
    ...(thread && { thread }),
    ...(options.namespace && { namespace: options.namespace }),
    ...(options.since && { since: options.since }),
    ...(!options.all && { own_threads: 'false' }),
  }
  const signal = interruptedBySignal(() => interrupted(output))
  using progress = showProgress('exporting', { json })
  const onProgress = (written: Written) => showWritten(progress, written, started)
  const wanted = { client, query, signal, onProgress, onRemark: note }
  if (output === '-') {
    const written = await writeExport({ ...wanted, kept: undefined, sink: stdoutSink() })
    return tell(written, performance.now() - started, options)
  }
  await using file = await PartialFile.open(output, options.force ?? false)
  const found = await file.kept()
  // A whole one lacked only its name: when it was made, and of what, nobody knows now.
  const kept = found?.isWhole === true ? undefined : found
  if (found?.isWhole === true) await file.clear()
  if (kept !== undefined && kept.records > 0) {
    note(`going on after the ${countText(kept.records, 'record')} of an earlier call`)
  }
  const sink = { write: (bytes: Uint8Array) => file.write(bytes), clear: () => file.clear() }
  const written = await writeExport({ ...wanted, kept, sink })
  await file.finish()
  progress[Symbol.dispose]()
  tell(written, performance.now() - started, options)
}

function stdoutSink(): ExportSink {
  return {
    // Its failure ends the process: see `watchStdout`.
    write: (bytes) => new Promise((resolve) => process.stdout.write(bytes, () => resolve())),
    clear: undefined,
  }
}

function showWritten(progress: Progress, { records, end }: Written, started: number): void {
  const seconds = Math.max(1, performance.now() - started) / 1000
  progress.say(`exporting: ${countText(records, 'record')}, ${bytesText(end / seconds)}/s`)
}

function tell(written: Written, ms: number, options: ExportOptions): void {
  const { output, json, all } = options
  const { header, cursor, records, end } = written
  if (json) {
    return printJson({
      object: 'export',
      path: output,
      records,
      bytes: end,
      exporter: header.exporter,
      query: header.query,
      since: header.since,
      next_cursor: cursor,
      duration_ms: Math.round(ms),
    })
  }
  const rate = ms < 1_000 ? '' : `, ${Math.round((records * 1_000) / ms)} records/s`
  note(`${countText(records, 'record')}, ${bytesText(end)}${rate}`)
  note(`signed by ${header.exporter}`)
  if (all) note('another home refuses accounts, settings and audit: they are this daemon’s own')
  // Not for the home of this command: that one has them.
  if (output !== '-') note(`to take them in, at the other home: spl import ${shellPath(output)}`)
  noteNext('later, only what is new', sinceCommand(cursor, options))
}

/** The same export from here on. */
function sinceCommand(cursor: string, { thread, namespace, all, output }: ExportOptions): string {
  const words = ['spl export']
  if (thread) words.push(`--thread ${shellWord(thread)}`)
  if (namespace) words.push(`--namespace ${shellWord(namespace)}`)
  if (all) words.push('--all')
  words.push(`--since ${cursor}`)
  if (output !== '-') words.push('-o news.ndjson')
  return words.join(' ')
}

function interrupted(output: string): CliError {
  return new CliError(
    'INTERRUPTED',
    output === '-'
      ? 'stopped before the end: what was written is not whole'
      : 'stopped before the end',
    output === '-'
      ? 'run the same command again'
      : 'run the same command again, and it goes on from here',
    EXIT_CODE.interrupted,
  )
}

function refuseStdout(json: boolean | undefined): void {
  const isTerminal = process.stdout.isTTY
  if (json !== true && !isTerminal) return
  throw new CliError(
    'EXPORT_NEEDS_OUTPUT',
    json === true
      ? 'with --json the export itself needs a file'
      : 'an export is for a file or a pipe, not for a terminal',
    'spl export -o records.ndjson',
    EXIT_CODE.usage,
  )
}
