import { cutText } from './cut-text.ts'
import { printable } from './printable.ts'
import { padText, textWidth } from './text-width.ts'
import { hanging, wrapText } from './wrap-text.ts'
import { styled } from './styled.ts'

/** Columns that the last cell needs at least, to be cut and not given up. */
const LAST_COLUMNS = 16

/**
 * Plain columns, two spaces apart, no borders: easy on the eye and on grep. On a terminal that is too narrow the last
 * column is cut; where that is not enough, each row becomes a block of its own. Cells come from other people's records,
 * so nothing in them may reach the terminal as a control sequence.
 *
 * @param columns of the terminal; in a pipe there is no limit
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  columns = process.stdout.columns || Number.POSITIVE_INFINITY,
): string {
  const cells = rows.map((row) => row.map((cell) => oneLine(cell)))
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => textWidth(row[column] ?? ''))),
  )
  const last = widths.length - 1
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + 2, 0)
  const room = columns - before
  if (room < Math.min(widths[last] ?? 0, LAST_COLUMNS)) return blocks(header, cells, columns)
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === last ? cutText(cell, room) : padText(cell, widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [styled('bold', line(header)), ...cells.map(line)].map((text) => `${text}\n`).join('')
}

/** Each row under the next, with an empty line in between. */
function blocks(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): string {
  return rows
    .map((row) =>
      fields(
        // Nothing behind a title says nothing.
        header.map((title, column) => [title, row[column] || undefined] as const),
        columns,
      ),
    )
    .join('\n')
}

/**
 * Names and values under each other: `Status   running`. Absent values are left out. Words go on under the value where the
 * terminal ends; an id is one word, and stays one that can be copied.
 */
export function fields(
  rows: readonly (readonly [name: string, value: string | undefined])[],
  columns = process.stdout.columns || Number.POSITIVE_INFINITY,
): string {
  const shown = rows.filter(([, value]) => value !== undefined)
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown
    .map(([name, value]) => {
      const lines = wrapText(oneLine(value ?? ''), columns - width - 2)
      return `${styled('bold', name.padEnd(width))}  ${hanging(lines, width + 2)}\n`
    })
    .join('')
}

function oneLine(text: string): string {
  return printable(text).replaceAll('\n', ' ')
}
