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
import { parseOutput } from '../parse/output.ts'
import { parsePath } from '../parse/path.ts'
import { importFile, openFile, type Imported, type ImportWanted } from './import-file.ts'
import { importLines } from './import-lines.ts'
import { importStream } from './import-stream.ts'
import { interruptedBySignal } from './interrupted.ts'
import { readChunks } from './read-chunks.ts'
import { RejectedLines } from './rejected-lines.ts'
import { tellImport } from './tell-import.ts'

interface ImportOptions extends GlobalOptions {
  readonly dryRun?: true
  readonly partial?: true
  readonly lines?: true
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
  const started = performance.now()
  const destination = destinationOf(options)
  const isHome = destination.kind === 'home'
  await using rejected = await RejectedLines.open(options.rejected)
  const isDry = options.dryRun ?? false
  const isPartial = options.partial ?? false
  const reached = new Reached(path, options.lines ?? false)
  const wanted = {
    client: await daemonClient(options),
    home: homeOf(options),
    destination: isHome ? realPath(destination.home.socket) : destination.origin.origin,
    isDry,
    isPartial,
    batchBytes: isHome ? BATCH_BYTES : BATCH_BYTES_ELSEWHERE,
    rejected,
    onRemark: note,
    onSending: () => reached.sending(),
    signal: interruptedBySignal(() => reached.interrupted()),
  }
  const imported = await withProgress(path, options, wanted, reached)
  const ms = performance.now() - started
  tellImport({ path, imported, rejected, isDry, ms, json: options.json })
}

async function withProgress(
  path: string,
  options: ImportOptions,
  wanted: Omit<ImportWanted, 'progress'>,
  reached: Reached,
): Promise<Imported> {
  using progress = showProgress('importing', options)
  const how = { ...wanted, progress }
  if (options.lines) {
    const onSaved = (line: number) => reached.saved(line)
    if (path === '-') return await importLines(process.stdin, how, undefined, onSaved)
    await using file = await openFile(path)
    return await importLines(readChunks(file), how, readChunks(file), onSaved)
  }
  return path === '-' ? await importStream(process.stdin, how) : await importFile(path, how)
}

/** How far it has come, for whoever interrupts it. */
class Reached {
  readonly #path: string
  readonly #isLines: boolean
  #isSending = false
  #line = 0

  constructor(path: string, isLines: boolean) {
    this.#path = path
    this.#isLines = isLines
  }

  sending(): void {
    this.#isSending = true
  }

  saved(line: number): void {
    this.#line = line
  }

  interrupted(): CliError {
    const stopped = 'stopped before the end'
    const { interrupted } = EXIT_CODE
    if (!this.#isSending) {
      return new CliError(
        'INTERRUPTED',
        `${stopped}; nothing was sent`,
        'run the same command again',
        interrupted,
      )
    }
    if (!this.#isLines) {
      return new CliError(
        'INTERRUPTED',
        stopped,
        'run the same command again, and it goes on from here',
        interrupted,
      )
    }
    const file = this.#path === '-' ? '<file>' : shellPath(this.#path)
    return new CliError(
      'INTERRUPTED',
      `${stopped}; lines up to ${this.#line} are saved`,
      `tail -n +${this.#line + 1} ${file} | spl import --lines -`,
      interrupted,
    )
  }
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
