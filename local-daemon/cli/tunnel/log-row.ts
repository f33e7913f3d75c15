import { cutText } from '../output/cut-text.ts'
import { localMs } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { padText, textWidth } from '../output/text-width.ts'
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
 * Widths of all columns but the last, and those that they have on a narrow terminal, where 0 leaves one out; lines come one by one, so
 * they cannot be measured first.
 */
const COLUMNS = [
  ['TIME', 23, 12],
  ['VIA', 8, 8],
  ['METHOD', 7, 7],
  ['STATUS', 6, 6],
  ['MS', 9, 8],
  ['IN', 8, 0],
  ['OUT', 10, 0],
  ['ACCOUNT', 20, 0],
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
    // Without the date, which is that of most lines.
    TIME: localMs(line.time).slice(columns >= WIDE ? 0 : 'yyyy-mm-dd '.length),
    VIA: line.via,
    METHOD: line.method,
    STATUS: String(line.status),
    MS: Number(line.duration_ms).toFixed(1),
    IN: String(line.bytes_in),
    OUT: String(line.bytes_out),
    ACCOUNT: line.account,
  }
  const padded = shownIn(columns).map(([title, width]) => padText(visible(cells[title]), width))
  const mark = line.outcome === 'whole' ? '' : ` (${cutText(visible(line.outcome), 12)})`
  const before = `${padded.join('  ')}  `
  // What became of it is not cut off.
  const path = cutText(visible(line.path), columns - textWidth(before) - textWidth(mark))
  const text = cutText(`${before}${path}${mark}`, columns)
  if (line.status >= 500 || line.outcome === 'failed') return styled('red', text)
  return line.status >= 400 ? styled('yellow', text) : text
}

function shownIn(columns: number): readonly (readonly [(typeof COLUMNS)[number][0], number])[] {
  return COLUMNS.map(
    ([title, wide, narrow]) => [title, columns >= WIDE ? wide : narrow] as const,
  ).filter(([, width]) => width > 0)
}

function visible(text: unknown): string {
  return printable(String(text)).replaceAll('\n', ' ')
}
