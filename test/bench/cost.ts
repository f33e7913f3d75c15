import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { BEGIN, costTables, END } from './cost/cost-tables.ts'
import { measureUnits } from './cost/measure-units.ts'
import type { UnitFigures } from '../../local-daemon/cli/cost/unit-figures.ts'

/**
 * `npm run cost [-- --idle-seconds N] [--repeats N] [--write]`: what a daemon uses of Cloudflare, counted by the
 * gateway's own metrics on raw workerd, and what a month of it costs. `--write` records it in docs/cost.md.
 */
const { values } = parseArgs({
  options: {
    'idle-seconds': { type: 'string', default: '180' },
    repeats: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
})
const page = new URL('../../docs/cost.md', import.meta.url)
const recorded = new URL('../../local-daemon/cli/cost/unit-figures.json', import.meta.url)
const lock = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly dependencies: { readonly workerd: string }
}

process.stderr.write('measuring, which takes some minutes …\n')
const units: UnitFigures = {
  date: new Date().toISOString().slice(0, 10),
  workerd: lock.dependencies.workerd,
  ...(await measureUnits(Number(values['idle-seconds']), Number(values.repeats))),
}
console.log(costTables(units))
if (values.write) {
  await writeFile(recorded, `${JSON.stringify(units, null, 2)}\n`)
  const text = await readFile(page, 'utf8')
  const [before] = text.split(BEGIN)
  const after = text.split(END)[1]
  if (after === undefined) throw new Error('write docs/cost.md: its marks are gone')
  await writeFile(page, `${before}${BEGIN}\n\n${costTables(units)}\n\n${END}${after}`)
}
