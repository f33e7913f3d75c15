import { FRAME_RATES } from '../../../protocol/multiplexer/frame-rates.ts'
import { readPage } from './read-pages.ts'

/** The tables of protocol/tables.md, made from the code and its comments. */
export function tablesOfCode(): string {
  return [
    '## Limits\n',
    ...table(['limit', 'value', 'meaning'], members('limits.ts', 'LIMITS')),
    '\n## Frames in ten seconds\n',
    'A peer that sends more of one kind is closed.\n',
    ...table(
      ['frame', 'per 10 s'],
      Object.entries(FRAME_RATES).map(([name, rate]) => [code(name), grouped(rate)]),
    ),
    '\n## Reset codes\n',
    ...table(['name', 'code', 'meaning'], members('tunnel/reset-code.ts', 'RESET')),
  ].join('\n')
}

/** The members of a constant with their values and comments. Throws for one without a comment of one line. */
function members(path: string, constant: string): string[][] {
  const text = readPage(path)
  const [, body = ''] =
    new RegExp(`export const ${constant} = \\{\\n(.*?)\\n\\} as const`, 'su').exec(text) ?? []
  const lines = body.split('\n')
  return lines.flatMap((line, at) => {
    const [, name, value = ''] = /^ {2}(\w+): ([\d_* +]+),$/u.exec(line) ?? []
    if (name === undefined) return []
    const [, comment] = /^ {2}\/\*\* (.+) \*\/$/u.exec(lines[at - 1] ?? '') ?? []
    if (comment === undefined) throw new Error(`${path}: ${name} has no comment of one line`)
    return [[code(name), grouped(product(value)), comment.replace(/\.$/u, '')]]
  })
}

/** `1024 * 1024 + 16 * 1024` */
function product(expression: string): number {
  return expression
    .split('+')
    .map((term) => term.split('*').map((factor) => Number(factor.replaceAll('_', ''))))
    .map((factors) => factors.reduce((all, factor) => all * factor, 1))
    .reduce((sum, term) => sum + term, 0)
}

/** `65 536` */
function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/gu, ' ')
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [row(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(row)]
}

function code(text: string): string {
  return `\`${text}\``
}
