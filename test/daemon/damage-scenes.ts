import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '../gateway/until.ts'
import type { aKeptHome } from './a-kept-home.ts'
import { healthOf, POST } from './store-answers.ts'

type KeptHome = ReturnType<typeof aKeptHome>

/** What is done to a store, and what the daemon then says of it. */
export interface DamageRow {
  readonly what: string
  /** The next start, or that the daemon has run on. */
  readonly start: string
  /** A record that was there; an append; the cursor of a reader who had seen all. */
  readonly read: string
  readonly append: string
  readonly cursor: string
  /** Code of `store.problem` of `/health` on the socket. */
  readonly told: string
}

/** Each does its damage for real, to a home whose daemon runs and has ten records of ten. */
export const SCENES: readonly (readonly [string, (at: KeptHome) => Promise<string>])[] = [
  [
    '`kill -9`, and started again',
    async (at) => {
      // What the kernel has of a killed process: its files as they are, with the log.
      at.copyStore()
      const state = readFileSync(join(at.path, 'store.state'))
      await at.stop()
      at.putStoreBack()
      writeFileSync(join(at.path, 'store.state'), state)
      return started(at)
    },
  ],
  [
    'the file deleted while it runs',
    async (at) => {
      at.removeStore()
      return 'runs on'
    },
  ],
  [
    'the file deleted while it is stopped',
    async (at) => {
      await at.stop()
      at.removeStore()
      return started(at)
    },
  ],
  [
    'an older copy put back',
    async (at) => {
      await at.stop()
      at.copyStore()
      await at.start()
      await at.append(5)
      seen.set(at, await at.cursor())
      await at.stop()
      at.putStoreBack()
      const how = await started(at)
      await at.append(8, 'other')
      return how
    },
  ],
  [
    '`hub.db` copied while it runs, without its log, and put back',
    async (at) => {
      copyFileSync(at.database, join(at.aside, 'copy'))
      await at.stop()
      at.removeStore()
      cpSync(join(at.aside, 'copy'), at.database)
      return started(at)
    },
  ],
  [
    'one byte of one record flipped',
    async (at) => {
      await at.stop()
      const file = readFileSync(at.database)
      // A page is filled from its end: the last one in the file is the first record.
      const place = file.lastIndexOf('"text":"tea"')
      file[place + 9] = (file[place + 9] ?? 0) ^ 1
      writeFileSync(at.database, file)
      return started(at)
    },
  ],
  [
    'another program holds the lock',
    async (at) => {
      const script = fileURLToPath(new URL('./hold-lock.ts', import.meta.url))
      const child = spawn(process.execPath, [script, at.database], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      letGo.set(at, async () => {
        const closed = once(child, 'close')
        child.stdin.end()
        await closed
      })
      return 'runs on'
    },
  ],
]

/** Cursors and locks of scenes that have their own. */
const seen = new WeakMap<KeptHome, string>()
const letGo = new WeakMap<KeptHome, () => Promise<void>>()

/** Does one damage and asks. */
export async function rowOf(
  at: KeptHome,
  [what, harm]: (typeof SCENES)[number],
): Promise<DamageRow> {
  await at.start()
  const [first = ''] = await at.append(10)
  const cursor = await at.cursor()
  const start = await harm(at)
  if (!/^(?:starts|runs on)/.test(start)) {
    return { what, start, read: '', append: '', cursor: '', told: '' }
  }
  const append = await at.told('/v1/records', POST)
  const read = await at.told(`/v1/records/${first}`)
  const resumed = await at.told(`/v1/sync/changes?since=${seen.get(at) ?? cursor}`)
  const told = await problemOf(at)
  await letGo.get(at)?.()
  if (letGo.has(at)) await until('it has passed', async () => (await problemOf(at)) === 'none')
  return { what, start, read, append, cursor: resumed, told }
}

async function started(at: KeptHome): Promise<string> {
  try {
    const { store } = await at.start()
    return store.lineageBroken === undefined ? 'starts' : 'starts, and says that it was changed'
  } catch (error) {
    return `refused: ${(error as { code: string }).code}`
  }
}

async function problemOf(at: KeptHome): Promise<string> {
  return (await healthOf(at)).store.problem?.code ?? 'none'
}
