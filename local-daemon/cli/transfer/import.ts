import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { destinationOf } from '../client/destination.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { realPath } from '../../home/real-path.ts'
import { shellPath } from '../../problem/shell-word.ts'
import { examples } from '../help/examples.ts'
import { note } from '../output/output.ts'
import { showProgress } from '../output/progress.ts'
import { parseFromLine } from '../parse/lines.ts'
import { parseOutput } from '../parse/output.ts'
import { parsePath } from '../parse/path.ts'
import { importFile, openFile, type Imported, type ImportWanted } from './import-file.ts'
import { importLines } from './import-lines.ts'
import { importStream } from './import-stream.ts'
import { interruptedBySignal } from './interrupted.ts'
import { readChunks } from './read-chunks.ts'
import { RejectedLines } from './rejected-lines.ts'
import { tellImport, tellRejected } from './tell-import.ts'

interface ImportOptions extends GlobalOptions {
  readonly dryRun?: true
  readonly partial?: true
  readonly lines?: true
  readonly fromLine?: number
  readonly rejected?: string
}

/** Bytes of one request: at home, and elsewhere, where the smallest limit of a gateway holds. */
const BATCH_BYTES = 4 * 1024 * 1024
const BATCH_BYTES_ELSEWHERE = 768 * 1024

export function addImport(program: Command): void {
  program
    .command('import')
    .description('take in records that spl export wrote, each with its origin and signature')
    .argument('<file>', 'the export; - is stdin', parseOutput)
    .option('--dry-run', 'check everything, and say what would become of each record')
    .option('--partial', 'take what is intact of a file that was cut or changed')
    .option('--lines', 'lines are records alone, new or signed, as POST /v1/records takes them')
    .option('--from-line <n>', 'with --lines: leave out the lines before it', parseFromLine)
    .option('--rejected <file>', 'write all lines that are refused there', parsePath)
    .addHelpText(
      'after',
      examples(
        ['spl import records.ndjson --dry-run', 'is it whole, and what is new in it?'],
        ['spl import records.ndjson', 'again after an interruption: goes on'],
        ['ssh other spl export | spl import -', 'from another machine'],
        ['jq -c .[] notes.json | spl import --lines -', 'new records, one a line'],
      ),
    )
    .action((file: string, _options: unknown, command: Command) =>
      importRecords(file, optionsOf<ImportOptions>(command)),
    )
}

async function importRecords(path: string, options: ImportOptions): Promise<void> {
  if (path === '-') refuseTerminal()
  if (options.lines && options.partial) refusePartialLines()
  if (options.fromLine !== undefined && !options.lines) refuseFromLine()
  const started = performance.now()
  const destination = destinationOf(options)
  const isHome = destination.kind === 'home'
  await using rejected = await RejectedLines.open(options.rejected)
  const isDry = options.dryRun ?? false
  const isPartial = options.partial ?? false
  let isSending = false
  const wanted = {
    client: await daemonClient(options),
    home: homeOf(options),
    destination: isHome ? realPath(destination.home.socket) : destination.origin.origin,
    isDry,
    isPartial,
    batchBytes: isHome ? BATCH_BYTES : BATCH_BYTES_ELSEWHERE,
    rejected,
    onRemark: note,
    onSending: () => {
      isSending = true
    },
    signal: interruptedBySignal(() => interrupted(isSending, options.lines ?? false)),
  }
  const imported = await withProgress(path, options, wanted).catch((error: unknown) => {
    if (isSending) tellRejected(rejected)
    throw options.lines && isSending ? error : again(error, rejected)
  })
  const ms = performance.now() - started
  tellImport({ path, imported, rejected, isDry, ms, json: options.json })
}

async function withProgress(
  path: string,
  options: ImportOptions,
  wanted: Omit<ImportWanted, 'progress'>,
): Promise<Imported> {
  using progress = showProgress('importing', options)
  const how = { ...wanted, progress }
  try {
    if (!options.lines) {
      return path === '-' ? await importStream(process.stdin, how) : await importFile(path, how)
    }
    const fromLine = options.fromLine ?? 1
    const next = (line: string) => goOn(path, options, line, wanted.rejected)
    if (path === '-') {
      const lines = { ...how, fromLine, ahead: undefined, again: next }
      return await importLines(process.stdin, lines)
    }
    await using file = await openFile(path)
    const ahead = readChunks(file)
    return await importLines(readChunks(file), { ...how, fromLine, ahead, again: next })
  } finally {
    // A pipe whose writer goes on would keep this process.
    if (path === '-') process.stdin.destroy()
  }
}

function interrupted(isSending: boolean, isLines: boolean): CliError {
  if (!isSending || isLines) {
    return new CliError(
      'INTERRUPTED',
      isSending ? 'stopped before the end' : 'stopped before the end; nothing was sent',
      'run the same command again',
      EXIT_CODE.interrupted,
    )
  }
  return new CliError(
    'INTERRUPTED',
    'stopped before the end',
    'run the same command again, and it goes on from here',
    EXIT_CODE.interrupted,
  )
}

/** The command that goes on from a line, with the options of this one. */
function goOn(path: string, options: ImportOptions, line: string, rejected: RejectedLines): string {
  const words = [`spl import --lines ${path === '-' ? path : shellPath(path)} --from-line ${line}`]
  if (rejected.path !== undefined) words.push(`--rejected ${shellPath(rejected.nextPath())}`)
  if (options.token !== undefined) words.push('--token <bearer>')
  if (options.json) words.push('--json')
  return path === '-' ? `<the same lines> | ${words.join(' ')}` : words.join(' ')
}

/** The same command cannot write the refused lines to a file that is there now. */
function again(error: unknown, rejected: RejectedLines): unknown {
  const { path } = rejected
  const next = rejected.nextPath()
  if (!(error instanceof CliError) || path === undefined || next === path) return error
  const { message } = error
  return error.inWords({ message, try: `${error.try}; then with --rejected ${shellPath(next)}` })
}

function refuseFromLine(): never {
  throw new CliError(
    'OPTIONS_EXCLUDE',
    '--from-line is for --lines; an export goes on by itself',
    'leave out --from-line',
    EXIT_CODE.usage,
  )
}

function refusePartialLines(): never {
  throw new CliError(
    'OPTIONS_EXCLUDE',
    '--partial is about an export; with --lines each line is taken by itself',
    'leave out --partial',
    EXIT_CODE.usage,
  )
}

function refuseTerminal(): void {
  if (!process.stdin.isTTY) return
  throw new CliError(
    'IMPORT_NEEDS_INPUT',
    'stdin is a terminal: no export comes from there',
    'spl import records.ndjson, or: ssh other spl export | spl import -',
    EXIT_CODE.usage,
  )
}
