import { createHash, type Hash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import type { Home } from '../../home/home.ts'
import { fileFault } from '../../problem/file-fault.ts'
import { shellPath } from '../../problem/shell-word.ts'
import { CliError } from '../cli-error.ts'
import type { DaemonClient } from '../client/daemon-client.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { bytesText } from '../../problem/bytes-text.ts'
import type { Progress } from '../output/progress.ts'
import { checkFile, type FileChecked } from './check-file.ts'
import { Checkpoint, type ImportPlace, type SentPlace } from './checkpoint.ts'
import { ImportNeeds } from './import-needs.ts'
import { readChunks } from './read-chunks.ts'
import { readSteps } from './read-steps.ts'
import { RejectedLines } from './rejected-lines.ts'
import { sendLines } from './send-lines.ts'
import { LineTaker } from './take-lines.ts'
import { takeSteps, type StepsTaken } from './take-steps.ts'

export interface ImportWanted {
  readonly client: DaemonClient
  readonly home: Home
  /** The daemon that gets the records, as it is named to a person. */
  readonly destination: string
  readonly isDry: boolean
  readonly isPartial: boolean
  readonly batchBytes: number
  readonly rejected: RejectedLines
  readonly progress: Progress
  /** From now on the daemon may have something of it. */
  readonly onSending: () => void
  readonly onRemark: (text: string) => void
  readonly signal: AbortSignal
}

/** What became of an import. */
export interface Imported extends StepsTaken {
  readonly taker: LineTaker
  /** Nothing was sent, as the file is not whole. */
  readonly isRefused?: true
}

/** Bytes that are checked before that is remembered. */
const REMEMBER_BYTES = 64 * 1024 * 1024

/**
 * Checks a whole file first, and sends nothing of one that is not whole, unless it is to take what is intact. Goes on where an
 * earlier call was interrupted.
 */
export async function importFile(path: string, wanted: ImportWanted): Promise<Imported> {
  await using file = await openFile(path)
  const { home, destination, isDry, isPartial, rejected, signal } = wanted
  const firstLine = await readFirstLine(file)
  const needs = await ImportNeeds.of(wanted.client)
  const checkpoint = new Checkpoint(home, firstLine, destination)
  const { kept, hash } = await believed(file, checkpoint.read())
  // What is refused here is what is told, unless the daemon judges it again.
  const checking = isPartial ? await RejectedLines.open(undefined) : rejected
  const run = {
    ...wanted,
    file,
    checkpoint,
    needs,
    hash: hash ?? createHash('sha256').update(firstLine),
  }
  const { checked, known } = await check(run, kept, checking)
  const taker = new LineTaker({ client: wanted.client, isDry, rejected, signal })
  if (checked.faults.length > 0 && !isPartial) {
    return { ...checked, taker, isRefused: true }
  }
  await needs.require(signal)
  if (!isPartial) await rejected.clear()
  const taken = await send(run, { taker, known, sent: isDry ? undefined : kept?.sent })
  if (!isDry) checkpoint.remove()
  const { header } = checked
  return { header, records: checked.records, faults: checked.faults, taker: taken }
}

interface Run extends ImportWanted {
  readonly file: FileHandle
  readonly checkpoint: Checkpoint
  readonly needs: ImportNeeds
  /** Of the file up to where it is checked. */
  readonly hash: Hash
}

/** Reads on from what is known to be sound. */
async function check(
  run: Run,
  kept: ImportPlace | undefined,
  rejected: RejectedLines,
): Promise<{ readonly checked: FileChecked; readonly known: ImportPlace | undefined }> {
  const { file, checkpoint, needs, hash, progress, signal, isDry } = run
  const { size } = await file.stat()
  const started = performance.now()
  const from = kept?.checked
  let known = kept
  let remembered = from?.end ?? 0
  progress.say('checking')
  for (const name of kept?.namespaces ?? []) needs.seeName(name)
  const checked = await checkFile({
    chunks: readChunks(file, from?.end ?? 0),
    from,
    rejected,
    signal,
    onSound: (place) => needs.see(place),
    onPart({ end, place, raw, records }) {
      progress.bar(end, size, rate(end - (from?.end ?? 0), started))
      if (place === undefined) return
      hash.update(raw)
      const sha256 = hash.copy().digest('hex')
      const all = (kept?.records ?? 0) + records
      const { names: namespaces } = needs
      known = { checked: place, sha256, records: all, namespaces, sent: kept?.sent }
      if (isDry || end - remembered < REMEMBER_BYTES) return
      remembered = end
      checkpoint.write(known)
    },
  })
  const records = (kept?.records ?? 0) + checked.records
  return { checked: { ...checked, records }, known }
}

/** Sends what was not sent yet. */
async function send(
  run: Run,
  {
    taker,
    known,
    sent,
  }: {
    readonly taker: LineTaker
    readonly known: ImportPlace | undefined
    readonly sent: SentPlace | undefined
  },
): Promise<LineTaker> {
  const { file, checkpoint, progress, isDry, isPartial, batchBytes, signal, onRemark } = run
  const { size } = await file.stat()
  const started = performance.now()
  const from = sent !== undefined && (await isStillThere(run, sent)) ? sent.place : undefined
  if (from !== undefined && sent !== undefined) {
    taker.countFrom(sent.counts)
    onRemark(`going on after line ${from.line}, where an earlier call stopped`)
  }
  progress.say(isDry ? 'asking the daemon' : 'importing')
  if (!isDry) run.onSending()
  await takeSteps({
    steps: readSteps(readChunks(file, from?.end ?? 0), { from }),
    from,
    taker,
    batchBytes,
    isPartial,
    signal,
    onPart: ({ end }) => progress.bar(end, size, rate(end - (from?.end ?? 0), started)),
    onTaken(place, before) {
      // What was refused is told again by the call that goes on: whoever has interrupted this one may not have seen it.
      if (isDry || known === undefined || taker.counts.rejected > 0) return
      checkpoint.write({ ...known, sent: { place, before, counts: taker.counts } })
    },
  })
  return taker
}

/** Whether the daemon has what was sent: it may have been wiped, or put back from a backup, since then. */
async function isStillThere({ file, client, signal }: Run, sent: SentPlace): Promise<boolean> {
  const { before, place } = sent
  const lines: Uint8Array[] = []
  for await (const step of readSteps(readChunks(file, before.end), { from: before })) {
    if (step.kind === 'part') lines.push(...step.lines.filter((line) => line !== undefined))
    if (step.end >= place.end) break
  }
  if (lines.length === 0) return true
  const outcomes = await sendLines(client, '/v1/records', lines, { signal })
  return outcomes.every(({ outcome }) => outcome !== 'accepted')
}

/** What an earlier call knows, if the file still begins with the same bytes. */
async function believed(
  file: FileHandle,
  kept: ImportPlace | undefined,
): Promise<{ readonly kept?: ImportPlace; readonly hash?: Hash }> {
  if (kept === undefined) return {}
  const hash = createHash('sha256')
  const { size } = await file.stat()
  if (size < kept.checked.end) return {}
  for await (const chunk of readChunks(file, 0, kept.checked.end)) hash.update(chunk)
  return hash.copy().digest('hex') === kept.sha256 ? { kept, hash } : {}
}

async function readFirstLine(file: FileHandle): Promise<Uint8Array> {
  for await (const step of readSteps(readChunks(file, 0))) return step.raw
  return new Uint8Array(0)
}

/** @throws CliError FILE_NOT_READABLE */
export async function openFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r')
    if ((await file.stat()).isFile()) return file
    await file.close()
    throw new Error('it is not a file; a pipe goes to: spl import -')
  } catch (cause) {
    throw new CliError(
      'FILE_NOT_READABLE',
      `cannot read ${path}: ${fileFault(cause)}`,
      `check the path: ls -l ${shellPath(path)}`,
      EXIT_CODE.failed,
      { cause },
    )
  }
}

function rate(bytes: number, started: number): string {
  const seconds = Math.max(1, performance.now() - started) / 1_000
  return `${bytesText(bytes / seconds)}/s`
}
