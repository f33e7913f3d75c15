import {
  ExportReader,
  type ExportFault,
  type ExportPlace,
  type ExportStep,
} from '../../../protocol/records/export-reader.ts'
import { decodeText } from '../../../protocol/encoding/utf8.ts'
import { parsePart } from '../../../protocol/records/export-lines.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { splitLines } from './split-lines.ts'

/** What a file says next, and where in it that ends. */
export type FileStep = (ExportStep | CutStep) & {
  /** Bytes from the beginning. */
  readonly end: number
  /** The lines as they are, with their line feeds; empty if one was too long. */
  readonly raw: Uint8Array
}

/** The file ended, and there was to be more. */
export interface CutStep {
  readonly kind: 'cut'
  readonly fault: ExportFault
  /** The lines after the last part, the torn one too. */
  readonly lines: readonly (Uint8Array | undefined)[]
}

/** A place in a file between two parts. */
export interface FilePlace extends ExportPlace {
  /** Bytes from the beginning. */
  readonly end: number
}

/** Where a stream begins, if not at the beginning of an export. */
interface Beginning {
  /** It goes on in the middle of a file. */
  readonly from?: FilePlace | undefined
  /** It has a header, and then the rest of an export after this cursor. */
  readonly rest?: string | undefined
}

const LINE_FEED = Uint8Array.of(0x0a)

/**
 * Reads an export from a file or a stream, in memory for one part. The last step of one that is not whole is of the kind `end`
 * or `cut`.
 */
export async function* readSteps(
  chunks: AsyncIterable<Uint8Array>,
  { from, rest }: Beginning = {},
): AsyncGenerator<FileStep> {
  const reader = new ExportReader(from, rest)
  let open: (Uint8Array | undefined)[] = []
  let end = from?.end ?? 0
  let isTorn = false
  for await (const lines of splitLines(chunks, LIMITS.exportLineBytes, end)) {
    for (const line of lines) {
      end = line.end
      open.push(line.bytes)
      // Half a line is none: the file was cut here. Of a whole one, an editor may have taken the line feed.
      isTorn = line.isTorn && !isWholePart(line.bytes)
      if (isTorn) break
      const made = reader.line(line.bytes)
      // Most lines are records: no promise for each.
      const step = made instanceof Promise ? await made : made
      if (step === undefined) continue
      yield { ...step, end, raw: joined(open) }
      if (step.kind === 'end') return
      open = []
    }
  }
  const cut = reader.end(isTorn)
  if (cut !== undefined) {
    yield { kind: 'cut', fault: cut, lines: open, end, raw: joined(open) }
  }
}

function isWholePart(bytes: Uint8Array | undefined): boolean {
  try {
    return typeof parsePart(JSON.parse(decodeText(bytes ?? new Uint8Array()) ?? '')) === 'object'
  } catch {
    return false
  }
}

function joined(lines: readonly (Uint8Array | undefined)[]): Uint8Array {
  if (!lines.every((line) => line !== undefined)) return new Uint8Array(0)
  return Buffer.concat(lines.flatMap((line) => [line, LINE_FEED]))
}
