import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { aKeptHome } from './a-kept-home.ts'
import { type DamageRow, rowOf, SCENES } from './damage-scenes.ts'

const PAGE = new URL('../../docs/store-damage.md', import.meta.url)

const HEAD = [
  '| what happens | next start | a record that was there | an append | the cursor of who had seen all | `/health` on the socket |',
  '| --- | --- | --- | --- | --- | --- |',
]

/** Rows that a disk of its own is needed for: `test/daemon/store-full.test.ts` holds it. */
const FULL: DamageRow = {
  what: 'the disk full, then freed',
  start: 'runs on',
  read: '200',
  append: '507 STORE_FULL; a second after there is room 201',
  cursor: '200',
  told: 'STORE_FULL, then none',
}

function line({ what, start, read, append, cursor, told }: DamageRow): string {
  const code = (text: string) => text.replaceAll(/[A-Z]+_[A-Z_]+/g, (name) => `\`${name}\``)
  return `| ${[what, ...[start, read, append, cursor, told].map(code)].join(' | ')} |`
}

test(
  'docs/store-damage.md says what the daemon says and does in each case, done for real',
  { timeout: 60_000 },
  async () => {
    const rows: string[] = []
    for (const scene of SCENES) {
      await using at = aKeptHome()
      rows.push(line(await rowOf(at, scene)))
    }
    const table = [...HEAD, ...rows, line(FULL)].join('\n')
    const page = readFileSync(PAGE, 'utf8')
    if (process.env['WRITE_DOCS'] === 'true') {
      writeFileSync(PAGE, page.replace(/\| what happens[^]*?\n\n/, `${table}\n\n`))
    }
    const normal = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---')
    expect(normal(readFileSync(PAGE, 'utf8'))).toContain(normal(table))
  },
)
