import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  ftruncateSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { MAIN } from '../../support/cli/run-spl.ts'
import { aDraft, overSocket } from '../../support/daemon/a-daemon.ts'

/* A daemon on a small file system that has no room, or no inodes, left; prints what was told as JSON. */

const [home = '', what = ''] = process.argv.slice(2)
const PAGE = 4096
const filler = join(home, 'filler')

async function running() {
  const daemon = await startDaemon({ home, port: 0, logger: pino({ level: 'silent' }) })
  return {
    stop: () => daemon.stop(),
    async append(bytes: number): Promise<string> {
      return await daemon.store.append(aDraft({ body: { text: 'x'.repeat(bytes) } })).then(
        () => 'taken',
        (error: { code?: string }) => String(error.code),
      )
    },
    async told(): Promise<string> {
      const { text } = await overSocket(daemon.addresses.socket, '/health')
      return (
        (JSON.parse(text) as { store: { problem: { code: string } | null } }).store.problem?.code ??
        'well'
      )
    },
  }
}

/** Takes all room but some pages. */
function fill(pages: number): void {
  const file = openSync(filler, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(PAGE))
  } catch {
    ftruncateSync(file, Math.max(0, statSync(filler).size - pages * PAGE))
    closeSync(file)
  }
}

/** How a start in a process of its own ends: its code, or that it runs. */
async function started(): Promise<string> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0'], {
    env: { ...process.env, SYNCROPEL_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  const closed = once(child, 'close')
  const how = await Promise.race([
    closed.then(() => /\[([A-Z_]+)\]/.exec(said)?.[1] ?? said),
    once(child.stdout, 'data').then(() => 'runs'),
  ])
  child.kill('SIGKILL')
  await closed
  return how === 'DISK_FULL' && /inodes/.test(said) ? 'DISK_FULL of inodes' : how
}

if (what === 'inodes') {
  const daemon = await running()
  await daemon.append(10)
  await daemon.stop()
  const made: string[] = []
  try {
    for (;;) {
      const name = join(home, `file-${made.length}`)
      writeFileSync(name, '')
      made.push(name)
    }
  } catch {
    // None is left.
  }
  const full = await started()
  for (const name of made) rmSync(name)
  process.stdout.write(JSON.stringify({ full, after: await started() }))
} else {
  const daemon = await running()
  let appended = 'taken'
  while (appended === 'taken') appended = await daemon.append(PAGE)
  const between: string[] = []
  for (let n = 0; n < 8; n += 1) {
    between.push(await daemon.append(n % 2 === 0 ? PAGE : 10), await daemon.told())
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  await daemon.stop()
  const starts: string[] = []
  for (const pages of [0, 1, 4, 16]) {
    fill(pages)
    starts.push(await started())
    rmSync(filler)
  }
  process.stdout.write(JSON.stringify({ between, starts }))
}
process.exit(0)
