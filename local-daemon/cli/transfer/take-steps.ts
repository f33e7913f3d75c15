import type { ExportHeader } from '../../../protocol/records/export-lines.ts'
import type { ExportFault } from '../../../protocol/records/export-reader.ts'
import { firstLineOf } from './check-file.ts'
import { checkLines, partFault } from './check-part.ts'
import type { FilePlace, FileStep } from './read-steps.ts'
import type { LineTaker, LineToTake } from './take-lines.ts'

export interface StepsToTake {
  readonly steps: AsyncIterable<FileStep>
  /** Where `steps` begins, if not at the beginning. */
  readonly from?: FilePlace | undefined
  readonly taker: LineTaker
  /** Bytes of records in one request. */
  readonly batchBytes: number
  /** Takes what is intact of a file that is not. */
  readonly isPartial: boolean
  /** Before lines are sent. Throws if they must not be. */
  readonly onSend?: (lines: readonly LineToTake[]) => Promise<void>
  /** Everything up to `place` has an outcome; its last part begins at `before`. */
  readonly onTaken: (place: FilePlace, before: FilePlace) => void
  readonly onPart: (step: FileStep) => void
  readonly signal: AbortSignal
}

export interface StepsTaken {
  readonly header: ExportHeader | undefined
  /** Lines of records. */
  readonly records: number
  readonly faults: readonly ExportFault[]
}

/**
 * Gives the records of an export to the daemon, part by part: each part is known to be what its exporter signed before anything
 * of it is sent. Stops at the first that is not, unless it is to take what is intact.
 */
export async function takeSteps(wanted: StepsToTake): Promise<StepsTaken> {
  const { taker, batchBytes, isPartial, onTaken, onPart, signal } = wanted
  const faults: ExportFault[] = []
  let header = wanted.from?.header
  let records = 0
  let waiting: LineToTake[] = []
  let bytes = 0
  let before: FilePlace | undefined
  let place = wanted.from

  async function send(): Promise<void> {
    const lines = waiting
    waiting = []
    bytes = 0
    await wanted.onSend?.(lines)
    await taker.take(lines)
  }

  async function add(lines: readonly LineToTake[]): Promise<void> {
    for (const line of lines) {
      if (bytes > 0 && bytes + line.bytes.length > batchBytes) await send()
      waiting.push(line)
      bytes += line.bytes.length + 1
    }
  }

  /** Of what may not be what it was, line by line. */
  async function addSound(step: Extract<FileStep, { kind: 'part' | 'cut' }>): Promise<void> {
    const checked = await checkLines(step.lines, firstLineOf(step))
    const fault = step.kind === 'part' ? partFault(step, checked) : step.fault
    if (fault !== undefined) faults.push(fault)
    if (!isPartial) return
    for (const { bytes: kept, ...rejected } of checked.rejected) await taker.reject(rejected, kept)
    await add(checked.sound)
  }

  for await (const step of wanted.steps) {
    signal.throwIfAborted()
    onPart(step)
    if (step.kind === 'header') {
      header = step.header
      place = { header, cursor: header.since, line: 1, end: step.end, isWhole: false }
      continue
    }
    if (step.kind === 'end') {
      faults.push(step.fault)
      break
    }
    records += step.lines.length
    if (step.kind === 'cut' || step.fault !== undefined) {
      await addSound(step)
      if (!isPartial) break
      continue
    }
    await add(step.lines.flatMap((line, n) => lineAt(line, step.firstLine + n)))
    before = place
    place = header && {
      header,
      cursor: step.part.next_cursor,
      line: step.line,
      end: step.end,
      isWhole: !step.part.has_more,
    }
    if (bytes < batchBytes / 2) continue
    await send()
    if (place !== undefined && before !== undefined && faults.length === 0) onTaken(place, before)
  }
  await send()
  return { header, records, faults }
}

function lineAt(bytes: Uint8Array | undefined, line: number): LineToTake[] {
  return bytes === undefined ? [] : [{ line, bytes }]
}
