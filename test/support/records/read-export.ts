import {
  ExportReader,
  type ExportFault,
  type PartRead,
} from '../../../protocol/records/export-reader.ts'

/** What a reader finds in an export. */
export interface ExportFound {
  readonly faults: readonly ExportFault[]
  /** Those that are sound. */
  readonly parts: readonly PartRead[]
  /** Ids of their records, in order. */
  readonly ids: readonly string[]
}

/** Reads a whole export. */
export async function readExport(file: Uint8Array | string): Promise<ExportFound> {
  const lines = splitAt(Buffer.from(file as Uint8Array))
  const rest = lines.pop() as Uint8Array
  const reader = new ExportReader()
  const faults: ExportFault[] = []
  const parts: PartRead[] = []
  for (const line of lines) {
    const step = await reader.line(line)
    if (step === undefined || step.kind === 'header') continue
    if (step.fault !== undefined) faults.push(step.fault)
    else if (step.kind === 'part') parts.push(step)
    if (step.kind === 'end') return { faults, parts, ids: idsOf(parts) }
  }
  const end = reader.end(rest.length > 0)
  if (end !== undefined) faults.push(end)
  return { faults, parts, ids: idsOf(parts) }
}

function idsOf(parts: readonly PartRead[]): string[] {
  const lines = parts.flatMap((part) => part.lines)
  return lines.map((line) => (JSON.parse(String(Buffer.from(line ?? []))) as { id: string }).id)
}

function splitAt(bytes: Buffer): Uint8Array[] {
  const lines: Uint8Array[] = []
  let from = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, at))
    from = at + 1
  }
  return [...lines, bytes.subarray(from)]
}
