import type { ExportHeader } from '../../../protocol/records/export-lines.ts'
import type { ExportFault } from '../../../protocol/records/export-reader.ts'
import { checkLines, type LinesChecked, partFault } from './check-part.ts'
import type { LinePlace } from './line-place.ts'
import { readSteps, type FilePlace, type FileStep } from './read-steps.ts'
import type { RejectedLines } from './rejected-lines.ts'

/** Faults that are listed. */
const LISTED = 20
/** Parts whose records are verified at once: the thread pool has work while the next part is read. */
const AHEAD = 4

export interface FileToCheck {
  /** From `from` on. */
  readonly chunks: AsyncIterable<Uint8Array>
  readonly from?: FilePlace | undefined
  readonly rejected: RejectedLines
  /** Called with where each sound record goes. */
  readonly onSound: (place: LinePlace) => void
  /** Called after each part, in their order. */
  readonly onPart: (part: PartChecked) => void
  readonly signal: AbortSignal
}

export interface PartChecked {
  /** Where it ends, bytes from the beginning. */
  readonly end: number
  /** The same place, if all is sound up to there; undefined once something was not. */
  readonly place: FilePlace | undefined
  readonly raw: Uint8Array
  /** Lines of records from `from` up to there. */
  readonly records: number
}

export interface FileChecked {
  readonly header: ExportHeader | undefined
  /** Lines of records from `from` on. */
  readonly records: number
  readonly faults: readonly ExportFault[]
}

/** Reads a whole file and checks everything in it: that it is what was exported, and each record. */
export async function checkFile(wanted: FileToCheck): Promise<FileChecked> {
  const { chunks, from, signal } = wanted
  const faults: ExportFault[] = []
  const queue: Queued[] = []
  let header = from?.header
  let records = 0
  let settled = 0
  let isSound = true

  /** The oldest that is under way: what is told comes in the order of the file. */
  async function settle(): Promise<void> {
    const next = queue.shift()
    if (next === undefined || header === undefined) return
    const { step, checking } = next
    const checked = await checking
    for (const { bytes, ...told } of checked.rejected) await wanted.rejected.add(told, bytes)
    for (const { place } of checked.sound) wanted.onSound(place)
    const fault = step.kind === 'part' ? partFault(step, checked) : step.fault
    if (fault !== undefined) faults.push(fault)
    isSound &&= fault === undefined && checked.rejected.length === 0
    if (step.kind !== 'part') return
    const { line, end, raw, part } = step
    const place = isSound
      ? { header, cursor: part.next_cursor, line, end, isWhole: !part.has_more }
      : undefined
    settled += step.lines.length
    wanted.onPart({ end, place, raw, records: settled })
  }

  for await (const step of readSteps(chunks, { from })) {
    signal.throwIfAborted()
    if (step.kind === 'header') header = step.header
    else if (step.kind === 'end') faults.push(step.fault)
    else if (step.kind === 'cut' && header === undefined) faults.push(step.fault)
    else {
      records += step.lines.length
      queue.push({ step, checking: checkLines(step.lines, firstLineOf(step)) })
      if (queue.length > AHEAD) await settle()
    }
    if (faults.length >= LISTED) break
  }
  while (queue.length > 0) await settle()
  return { header, records, faults: faults.toSorted((one, other) => one.line - other.line) }
}

/** Records on their way through the thread pool. */
interface Queued {
  readonly step: Extract<FileStep, { kind: 'part' | 'cut' }>
  readonly checking: Promise<LinesChecked>
}

/** The number of the first line of records. */
export function firstLineOf(step: Queued['step']): number {
  return step.kind === 'part' ? step.firstLine : step.fault.line - step.lines.length + 1
}
