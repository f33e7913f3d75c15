import { readFileSync } from 'node:fs'

/** The bounds of the table in docs/releases.md by what is measured: `| packages | 57 | 70 |`. */
export function sizeBounds(): Readonly<Record<string, number>> {
  const page = readFileSync(new URL('../../docs/releases.md', import.meta.url), 'utf8')
  const table = page.split('<!-- sizes -->')[1]?.split('<!-- /sizes -->')[0] ?? ''
  const rows = table.matchAll(/^\| ([^|]+?) \| [\d ]+ \| ([\d ]+) \|$/gmu)
  return Object.fromEntries(
    [...rows].map(([, what = '', bound = '']) => [what, Number(bound.replaceAll(' ', ''))]),
  )
}
