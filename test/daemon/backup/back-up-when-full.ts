import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aDraft } from '../../support/daemon/a-daemon.ts'

/* Backups and restores on a small file system with less and less room; prints their codes, and whether all was whole, as JSON. */

const [home = ''] = process.argv.slice(2)
const filler = join(home, 'filler')
const MIB = 1024 ** 2

/** Takes all room but this. */
function fill(left: number): void {
  const file = openSync(filler, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(64 * 1024))
  } catch {
    ftruncateSync(file, Math.max(0, statSync(filler).size - left))
    closeSync(file)
  }
}

async function run(...args: readonly string[]): Promise<string> {
  const { code, stderr } = await runHere(args, { home })
  return code === 0 ? 'done' : (/\[([A-Z_]+)\]/u.exec(stderr)?.[1] ?? stderr)
}

const logger = pino({ level: 'silent' })
const daemon = await startDaemon({ home, port: 0, logger })
for (let n = 0; n < 200; n += 1)
  await daemon.store.append(aDraft({ body: { text: 'x'.repeat(10_000), n } }))
await daemon.stop()
await run('backup', 'create')
const files = () => readdirSync(join(home, 'backups')).join()
const before = files()
const [backups, restores, whole]: [string[], string[], boolean[]] = [[], [], []]
for (const left of [0, 1, 4, 16]) {
  fill(left * MIB)
  backups.push(await run('backup', 'create'))
  whole.push(files() === before)
  restores.push(await run('restore', '--yes'))
  rmSync(filler)
  whole.push((await run('verify')) === 'done', (await run('backup', 'verify')) === 'done')
}
process.stdout.write(JSON.stringify({ backups, restores, whole }))
process.exit(0)
