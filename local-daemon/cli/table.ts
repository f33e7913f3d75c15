import { styleText } from 'node:util'

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
  return [styleText('bold', line(header)), ...cells.map(line)].map((text) => `${text}\n`).join('')
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
        `${styleText('bold', name.padEnd(width))}  ${printable(value ?? '').replaceAll('\n', ' ')}\n`,
    )
    .join('')
}

/** Control characters (C0 without line feed, DEL, C1) and direction overrides, which could rewrite the screen. */
// oxlint-disable-next-line no-control-regex -- finding control characters is what it is for
export const UNPRINTABLE = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/gu

/** The text with everything that a terminal would obey replaced by U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '\uFFFD')
}
