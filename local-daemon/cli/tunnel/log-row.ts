import { localMs } from '../local-time.ts'
import { printable } from '../printable.ts'
import { padText } from '../text-width.ts'
import { styled } from '../styled.ts'

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

/** Widths of all columns but the last; lines come one by one, so they cannot be measured first. */
const COLUMNS = [
  ['TIME', 23],
  ['VIA', 8],
  ['METHOD', 7],
  ['STATUS', 6],
  ['MS', 9],
  ['IN', 8],
  ['OUT', 10],
  ['ACCOUNT', 20],
] as const

export const LOG_HEADER = styled(
  'bold',
  [...COLUMNS.map(([title, width]) => title.padEnd(width)), 'PATH'].join('  '),
)

/** One line for people. What came from clients reaches the terminal as visible characters alone. */
export function logRow(line: LogLine): string {
  const cells = [
    localMs(line.time),
    line.via,
    line.method,
    String(line.status),
    Number(line.duration_ms).toFixed(1),
    String(line.bytes_in),
    String(line.bytes_out),
    line.account,
  ]
  const padded = cells.map((cell, at) => padText(visible(cell), COLUMNS[at]?.[1] ?? 0))
  const mark = line.outcome === 'whole' ? '' : ` (${visible(line.outcome)})`
  const text = `${padded.join('  ')}  ${visible(line.path)}${mark}`
  if (line.status >= 500 || line.outcome === 'failed') return styled('red', text)
  return line.status >= 400 ? styled('yellow', text) : text
}

function visible(text: unknown): string {
  return printable(String(text)).replaceAll('\n', ' ')
}
