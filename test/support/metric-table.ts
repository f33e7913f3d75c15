import { readFileSync, writeFileSync } from 'node:fs'
import type { ParsedFamily } from './prometheus-text.ts'

const APPENDIX = new URL('../../docs/appendix/metrics.md', import.meta.url)

type Table = readonly (readonly string[])[]

/**
 * The rows under a heading of `docs/appendix/metrics.md`, and those that the served families make: name, type, labels and
 * HELP of each. They must be equal. `WRITE_DOCS=true` writes the table first. Labels of a family without a sample are not
 * served: those stay as they are written.
 */
export function metricTable(
  heading: string,
  families: ReadonlyMap<string, ParsedFamily>,
): { readonly written: Table; readonly served: Table } {
  const before = tableOf(heading)
  const labelsBefore = new Map(before.map(([name = '', , labels = '']) => [name, labels]))
  const served = [...families].map(([family, { type, help, samples }]) => {
    const name = `\`${family}\``
    const { le: _le, ...own } = samples[0]?.labels ?? {}
    const labels = samples.length > 0 ? Object.keys(own).join(', ') : labelsBefore.get(name)
    return [name, type, labels ?? '', help]
  })
  if (process.env['WRITE_DOCS'] === 'true') {
    const rows = served.map((cells) => `| ${cells.join(' | ')} |`.replaceAll(/ {2,}/g, ' '))
    const page = readFileSync(APPENDIX, 'utf8')
    const [first = '', rest = ''] = page.split(`\n## ${heading}\n`)
    const table = `| metric | type | labels | means |\n|---|---|---|---|\n${rows.join('\n')}\n`
    const after = rest.split(/(?=\n## )/)[1] ?? ''
    writeFileSync(APPENDIX, `${first}\n## ${heading}\n\n${table}${after}`)
  }
  return { written: tableOf(heading).toSorted(), served: served.toSorted() }
}

/** The cells of each row under a heading. */
function tableOf(heading: string): Table {
  const part = readFileSync(APPENDIX, 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return part
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
}
