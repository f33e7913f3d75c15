import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { canMount, mountSmallDisk } from '../../support/daemon/small-disk.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { type DamageRow, rowOf, SCENES } from './damage-scenes.ts'

const PAGE = new URL('../../../docs/store-damage.md', import.meta.url)

const HEAD = [
  '| what happens | next start | a record that was there | an append | the cursor of who had seen all | `/health` on the socket |',
  '| --- | --- | --- | --- | --- | --- |',
]

function line({ what, start, read, append, cursor, told }: DamageRow): string {
  const code = (text: string) => text.replaceAll(/[A-Z]+_[A-Z_]+/g, (name) => `\`${name}\``)
  return `| ${[what, ...[start, read, append, cursor, told].map(code)].join(' | ')} |`
}

/** A disk of its own takes Linux and root. */
const mounts = canMount()
if (!mounts) process.stderr.write('skipped: the row of the full disk needs Linux and root\n')

test(
  'docs/store-damage.md says what the daemon says and does in each case, done for real',
  { timeout: 60_000 },
  async () => {
    const rows: string[] = []
    for (const scene of SCENES) {
      if (scene.needsDisk && !mounts) continue
      await using at = aKeptHome()
      using disk = scene.needsDisk && mountSmallDisk(at.path)
      rows.push(line(await rowOf(at, scene, disk || undefined)))
    }
    const table = [...HEAD, ...rows].join('\n')
    const page = readFileSync(PAGE, 'utf8')
    if (process.env['WRITE_DOCS'] === 'true') {
      writeFileSync(PAGE, page.replace(/\| what happens[^]*?\n\n/, `${table}\n\n`))
    }
    const normal = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---')
    expect(normal(readFileSync(PAGE, 'utf8'))).toContain(normal(table))
    expect(mounts || process.env['CI'] !== 'true').toBe(true)
  },
)
