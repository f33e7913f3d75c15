import { encodeHex } from '../encoding/hex.ts'
import { sha256 } from '../encoding/sha256.ts'
import { decodeText } from '../encoding/utf8.ts'
import { LIMITS } from '../limits.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import {
  EXPORT_VERSION,
  FORMAT_LINE,
  isSignedPart,
  parseHeader,
  parsePart,
  type ExportHeader,
  type SignedPart,
} from './export-lines.ts'

/** What is wrong with an export as a whole. */
export interface ExportFault {
  readonly code:
    | 'NOT_EXPORT'
    | 'VERSION'
    | 'CHANGED'
    | 'GAP'
    | 'FOREIGN'
    | 'JOINED'
    | 'CUT'
    | 'TOO_LARGE'
  /** From 1. */
  readonly line: number
  /** Goes on after `line 7: `. */
  readonly message: string
}

/** Records with what their exporter says of them. */
export interface PartRead {
  readonly kind: 'part'
  readonly part: SignedPart
  /** The lines of its records without their line feeds; undefined for one that was too long. */
  readonly lines: readonly (Uint8Array | undefined)[]
  /** The number of the first of them, and of the line of the part itself. */
  readonly firstLine: number
  readonly line: number
  readonly fault: ExportFault | undefined
}

export type ExportStep =
  | { readonly kind: 'header'; readonly header: ExportHeader }
  | PartRead
  /** The rest of the file cannot be judged. */
  | { readonly kind: 'end'; readonly fault: ExportFault }

/** Where a reading goes on that had come to the end of a part. */
export interface ExportPlace {
  readonly header: ExportHeader
  /** `next_cursor` of that part. */
  readonly cursor: string
  /** Its line. */
  readonly line: number
  /** It was the last one. */
  readonly isWhole: boolean
}

const OTHER_VERSION = `its format has another version than ${EXPORT_VERSION}, which this spl reads`
const BEYOND = 'something follows the end of the export'
const OTHER_LINES = 'the lines of this part are not what was exported'
const RETURNS = 'its line ends were changed to CR LF; take them out: tr -d "\\r"'
const NO_HEADER = 'it does not begin with a header'
const PREFIX = new TextEncoder().encode(FORMAT_LINE)

/**
 * Reads an export line by line, in memory for one part. It judges the file: whether each part is what the exporter signed, and
 * all are there, in their order. It does not look into records.
 */
export class ExportReader {
  #header: ExportHeader | undefined
  /** The place that the next part must begin at; undefined: any. */
  #cursor: string | undefined
  #line = 0
  #isEnded = false
  #lines: (Uint8Array | undefined)[] = []
  #bytes = 0
  #firstLine = 2

  readonly #rest: string | undefined

  /**
   * @param from the end of a part, to read from there
   * @param rest where the first part begins in an answer to `continue`: it has a header, and then the rest of an export
   */
  constructor(from?: ExportPlace, rest?: string) {
    this.#rest = rest
    if (from === undefined) return
    this.#header = from.header
    this.#cursor = from.cursor
    this.#line = from.line
    this.#isEnded = from.isWhole
    this.#firstLine = from.line + 1
  }

  /** The header, once its line was read. */
  get header(): ExportHeader | undefined {
    return this.#header
  }

  /**
   * The next line, without its line feed; undefined for one with more than `LIMITS.exportLineBytes`. The reader keeps it.
   * @returns undefined for a line of a record
   */
  line(bytes: Uint8Array | undefined): MaybePromise<ExportStep | undefined> {
    this.#line += 1
    if (this.#isEnded) return this.#end('JOINED', joined(bytes))
    if (this.#header === undefined) return this.#readHeader(bytes)
    if (bytes !== undefined && beginsAs(bytes, PREFIX)) return this.#readPart(bytes)
    this.#lines.push(bytes)
    this.#bytes += (bytes?.length ?? 0) + 1
    const { exportPartBytes, exportPartRecords } = LIMITS
    if (this.#bytes <= exportPartBytes && this.#lines.length <= exportPartRecords) return undefined
    this.#lines = []
    return this.#end('TOO_LARGE', 'this part is larger than any that a daemon writes')
  }

  /**
   * The end of the file.
   * @param isTorn whether more bytes follow the last line that was given, without a line feed
   */
  end(isTorn: boolean): ExportFault | undefined {
    if (this.#isEnded && !isTorn) return undefined
    if (isTorn) this.#line += 1
    if (this.#header === undefined) {
      return this.#fault('NOT_EXPORT', isTorn ? NO_HEADER : 'the file is empty')
    }
    if (this.#isEnded) return this.#fault('JOINED', BEYOND)
    const where = isTorn ? 'in the middle of this line' : 'after this line'
    return this.#fault('CUT', `the file was cut ${where}: it has no end`)
  }

  #readHeader(bytes: Uint8Array | undefined): ExportStep {
    const header = parseHeader(valueOf(bytes))
    if (header === 'version') return this.#end('VERSION', OTHER_VERSION)
    if (typeof header === 'string') return this.#end('NOT_EXPORT', otherForm(bytes) ?? header)
    this.#header = header
    this.#cursor = this.#rest ?? header.since
    return { kind: 'header', header }
  }

  async #readPart(bytes: Uint8Array): Promise<ExportStep> {
    const value = valueOf(bytes)
    const part = parsePart(value)
    if (typeof part === 'string') {
      if (typeof parseHeader(value) === 'object')
        return this.#end('JOINED', 'another export begins here')
      return this.#end('CHANGED', `this line of the file’s own was changed: ${part}`)
    }
    const fault = await this.#judge(part)
    const { lines } = this.#take()
    this.#cursor = fault?.code === 'FOREIGN' ? undefined : part.next_cursor
    this.#isEnded = !part.has_more
    const read = { kind: 'part', part, lines, line: this.#line, fault } as const
    const firstLine = this.#firstLine
    this.#firstLine = this.#line + 1
    return { ...read, firstLine }
  }

  async #judge(part: SignedPart): Promise<ExportFault | undefined> {
    const header = this.#header as ExportHeader
    if (!(await isSignedPart(header, part))) {
      const by = `${header.exporter} did not sign this part of this export`
      return this.#fault('FOREIGN', `${by}: it was changed, or is of another file`)
    }
    if (this.#cursor !== undefined && part.since !== this.#cursor) {
      return this.#fault('GAP', 'parts before this one are missing, or parts changed places')
    }
    const found = this.#lines.length
    if (part.records !== found) {
      return this.#fault('CHANGED', `this part has ${found} lines and had ${part.records}`)
    }
    if ((await this.#hash()) === part.sha256) return undefined
    return this.#fault('CHANGED', this.#lines.some(endsInReturn) ? RETURNS : OTHER_LINES)
  }

  async #hash(): Promise<string> {
    const all = new Uint8Array(this.#bytes)
    let at = 0
    for (const line of this.#lines) {
      if (line === undefined) return ''
      all.set(line, at)
      at += line.length
      all[at] = 0x0a
      at += 1
    }
    return encodeHex(await sha256(all))
  }

  #take(): { readonly lines: readonly (Uint8Array | undefined)[] } {
    const lines = this.#lines
    this.#lines = []
    this.#bytes = 0
    return { lines }
  }

  #end(code: ExportFault['code'], message: string): ExportStep {
    return { kind: 'end', fault: this.#fault(code, message) }
  }

  #fault(code: ExportFault['code'], message: string): ExportFault {
    return { code, line: Math.max(1, this.#line), message }
  }
}

/** A line end of Windows is a line feed with this before it. */
export function endsInReturn(line: Uint8Array | undefined): boolean {
  return line?.at(-1) === 0x0d
}

/** Forms that a file may have got on its way, by its first bytes. */
function otherForm(bytes: Uint8Array | undefined): string | undefined {
  const [first, second, third] = bytes ?? []
  if (first === 0x1f && second === 0x8b) return 'it is compressed: gunzip it first'
  if (first === 0x28 && second === 0xb5) return 'it is compressed: unzstd it first'
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    return 'a byte order mark was put before its first line'
  }
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  return isWide ? 'it was changed to UTF-16' : undefined
}

function joined(bytes: Uint8Array | undefined): string {
  const isHeader = typeof parseHeader(valueOf(bytes)) === 'object'
  return isHeader ? 'another export begins here' : BEYOND
}

function valueOf(bytes: Uint8Array | undefined): unknown {
  const text = bytes && decodeText(bytes)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function beginsAs(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, at) => bytes[at] === byte)
}
