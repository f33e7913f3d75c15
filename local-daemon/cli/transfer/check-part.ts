import { countText } from '../../problem/count-text.ts'
import {
  endsInReturn,
  type ExportFault,
  type PartRead,
} from '../../../protocol/records/export-reader.ts'
import { checkLine, type RejectedLine } from './check-line.ts'
import type { LinePlace } from './line-place.ts'

/** A line that holds a sound record. */
export interface SoundLine {
  readonly line: number
  readonly place: LinePlace
  readonly bytes: Uint8Array
}

/** What is in the lines of a part, or in those after the last part of a file that was cut. */
export interface LinesChecked {
  readonly sound: readonly SoundLine[]
  readonly rejected: readonly (RejectedLine & { readonly bytes: Uint8Array | undefined })[]
}

/** Checks each record's form, id and signature. */
export async function checkLines(
  lines: readonly (Uint8Array | undefined)[],
  firstLine: number,
): Promise<LinesChecked> {
  const checked = await Promise.all(lines.map((bytes, n) => checkLine(bytes, firstLine + n)))
  const sound: SoundLine[] = []
  const rejected: LinesChecked['rejected'][number][] = []
  for (const [n, found] of checked.entries()) {
    const bytes = lines[n]
    if ('code' in found) rejected.push({ ...found, bytes })
    else if (bytes !== undefined) sound.push({ line: firstLine + n, place: found, bytes })
  }
  return { sound, rejected }
}

/** The fault of a part, said better once its records are known to be what they were. */
export function partFault(
  { fault, lines, part }: PartRead,
  { rejected }: LinesChecked,
): ExportFault | undefined {
  const isComplete = lines.length === part.records && rejected.length === 0
  if (fault?.code !== 'CHANGED' || !isComplete || lines.some(endsInReturn)) return fault
  const message = `the ${countText(part.records, 'record before it is', 'records before it are')} intact, but not as exported: in another order, or with another judged_by`
  return { ...fault, message }
}
