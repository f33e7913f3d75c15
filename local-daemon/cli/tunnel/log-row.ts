import { cutText } from '../output/cut-text.ts'
import { localMs } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { padText } from '../output/text-width.ts'
import { styled } from '../output/styled.ts'

/** A line of the request log, as far as this prints it. */
export interface LogLine {
  readonly time: number
  readonly via: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly outcome: string
  readonly duration_ms: number
  readonly bytes_in: number
  readonly bytes_out: number
  readonly account: string
}

/**
 * Widths of all columns but the last, and whether a narrow terminal has them too; lines come one by one, so they cannot be
 * measured first.
 */
const COLUMNS = [
  ['TIME', 23, true],
  ['VIA', 8, false],
  ['METHOD', 7, true],
  ['STATUS', 6, true],
  ['MS', 9, true],
  ['IN', 8, false],
  ['OUT', 10, false],
  ['ACCOUNT', 20, false],
] as const
/** Columns of a terminal that has room for all of them, and for a path. */
const WIDE = 130

/** @param columns of the terminal; in a pipe there is no limit */
export function logHeader(columns = process.stdout.columns || Number.POSITIVE_INFINITY): string {
  const titles = shownIn(columns).map(([title, width]) => title.padEnd(width))
  return styled('bold', [...titles, 'PATH'].join('  '))
}

/**
 * One line for people, cut where a terminal ends. What came from clients reaches the terminal as visible characters alone.
 *
 * @param columns of the terminal; in a pipe there is no limit
 */
export function logRow(
  line: LogLine,
  columns = process.stdout.columns || Number.POSITIVE_INFINITY,
): string {
  const cells: Readonly<Record<(typeof COLUMNS)[number][0], string>> = {
    TIME: localMs(line.time),
    VIA: line.via,
    METHOD: line.method,
    STATUS: String(line.status),
    MS: Number(line.duration_ms).toFixed(1),
    IN: String(line.bytes_in),
    OUT: String(line.bytes_out),
    ACCOUNT: line.account,
  }
  const padded = shownIn(columns).map(([title, width]) => padText(visible(cells[title]), width))
  const mark = line.outcome === 'whole' ? '' : ` (${visible(line.outcome)})`
  const text = cutText(`${padded.join('  ')}  ${visible(line.path)}${mark}`, columns)
  if (line.status >= 500 || line.outcome === 'failed') return styled('red', text)
  return line.status >= 400 ? styled('yellow', text) : text
}

function shownIn(columns: number): readonly (typeof COLUMNS)[number][] {
  return columns >= WIDE ? COLUMNS : COLUMNS.filter(([, , isNarrow]) => isNarrow)
}

function visible(text: unknown): string {
  return printable(String(text)).replaceAll('\n', ' ')
}
