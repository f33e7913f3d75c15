import { printable } from './printable.ts'
import { styled } from './styled.ts'

/**
 * Plain columns, two spaces apart, no borders: easy on the eye and on grep. Cells come from other
 * people's records, so nothing in them may reach the terminal as a control sequence.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => printable(cell).replaceAll('\n', ' ')))
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [styled('bold', line(header)), ...cells.map(line)].map((text) => `${text}\n`).join('')
}

/** Names and values under each other: `Status   running`. Absent values are left out. */
export function fields(
  rows: readonly (readonly [name: string, value: string | undefined])[],
): string {
  const shown = rows.filter(([, value]) => value !== undefined)
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown
    .map(
      ([name, value]) =>
        `${styled('bold', name.padEnd(width))}  ${printable(value ?? '').replaceAll('\n', ' ')}\n`,
    )
    .join('')
}
