import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { homeAt } from '../../../local-daemon/home/home.ts'
import type { SmallDisk } from '../../support/daemon/small-disk.ts'
import { until } from '../../support/until.ts'
import { ADA, overSocket } from '../../support/daemon/a-daemon.ts'
import type { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { healthOf, POST, RECORD } from './store-answers.ts'

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

/** What became of the daemon, and what ends the trouble by itself. */
interface Harmed {
  readonly start: string
  readonly end?: () => Promise<void> | void
}

export interface Scene {
  readonly what: string
  /** Needs a file system of its own, which is full while it is told to be. */
  readonly needsDisk?: true
  harm(at: KeptHome, disk: SmallDisk | undefined): Promise<Harmed> | Harmed
}

/** Each does its damage for real, to a home whose daemon runs and has ten records of ten. */
export const SCENES: readonly Scene[] = [
  {
    what: '`kill -9`, and started again',
    async harm(at) {
      await at.stop()
      await killed(at)
      return started(at)
    },
  },
  {
    what: 'the file deleted while it runs',
    harm(at) {
      at.removeStore()
      return RUNS_ON
    },
  },
  {
    what: 'an older copy written over it while it runs, by `cp`',
    async harm(at) {
      at.copyStore()
      await at.append(5, 'more')
      seen.set(at, await at.cursor())
      for (const end of ['', '-wal']) {
        writeFileSync(at.database + end, readFileSync(join(at.aside, `hub.db${end}`)))
      }
      return RUNS_ON
    },
  },
  {
    what: 'the file deleted while it is stopped',
    async harm(at) {
      await at.stop()
      at.removeStore()
      return started(at)
    },
  },
  {
    what: 'an older copy put back',
    async harm(at) {
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
  },
  {
    what: 'an older `hub.db` put beside the log of a killed daemon',
    async harm(at) {
      await at.stop()
      const old = readFileSync(at.database)
      await at.start()
      await at.append(5)
      await at.stop()
      await killed(at)
      writeFileSync(at.database, old)
      return started(at)
    },
  },
  {
    what: 'a copy of 0 bytes put back',
    async harm(at) {
      await at.stop()
      writeFileSync(at.database, '')
      return started(at)
    },
  },
  {
    what: '`hub.db` copied while it runs, without its log, and put back',
    async harm(at) {
      copyFileSync(at.database, join(at.aside, 'copy'))
      await at.stop()
      at.removeStore()
      cpSync(join(at.aside, 'copy'), at.database)
      return started(at)
    },
  },
  {
    what: 'a trigger, view, table or index put into it by another program',
    async harm(at) {
      await at.stop()
      const database = new Database(at.database)
      database.exec('CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM tokens; END')
      database.close()
      return started(at)
    },
  },
  {
    what: 'one byte of one record flipped',
    async harm(at) {
      await at.stop()
      const file = readFileSync(at.database)
      // A page is filled from its end: the last one in the file is the first record.
      const place = file.lastIndexOf('"text":"tea"')
      file[place + 9] = (file[place + 9] ?? 0) ^ 1
      writeFileSync(at.database, file)
      return started(at)
    },
  },
  {
    what: 'a page of records ruined',
    async harm(at) {
      // Enough that the last record is on another page than the first.
      await at.append(100, 'x'.repeat(300))
      await at.stop()
      const file = readFileSync(at.database)
      const page = Math.floor(file.lastIndexOf('"text":"tea"') / PAGE)
      randomBytes(PAGE).copy(file, page * PAGE)
      writeFileSync(at.database, file)
      return started(at)
    },
  },
  {
    what: 'another program holds the lock',
    async harm(at) {
      const script = fileURLToPath(new URL('../../support/daemon/hold-lock.ts', import.meta.url))
      const child = spawn(process.execPath, [script, at.database], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      return {
        ...RUNS_ON,
        async end() {
          const closed = once(child, 'close')
          child.stdin.end()
          await closed
        },
      }
    },
  },
  {
    what: 'the disk full, then freed',
    needsDisk: true,
    async harm(at, disk) {
      disk?.fill()
      while ((await at.told('/v1/records', POST)) === '201')
        await at.append(1, 'x'.repeat(9_000)).catch(() => {})
      return { ...RUNS_ON, end: () => disk?.free() }
    },
  },
]

const PAGE = 8192
const RUNS_ON = { start: 'runs on' }

/** Cursors of scenes that have their own. */
const seen = new WeakMap<KeptHome, string>()

/** Does one damage and asks. */
export async function rowOf(
  at: KeptHome,
  { what, harm }: Scene,
  disk: SmallDisk | undefined,
): Promise<DamageRow> {
  await at.start()
  const [first = ''] = await at.append(10)
  const cursor = await at.cursor()
  const { start, end } = await harm(at, disk)
  if (!/^(?:starts|runs on)/.test(start)) {
    return { what, start, read: '', append: '', cursor: '', told: '' }
  }
  const append = await at.told('/v1/records', POST)
  const read = await at.told(`/v1/records/${first}`)
  const resumed = await at.told(`/v1/sync/changes?since=${seen.get(at) ?? cursor}`)
  const told = await problemOf(at)
  if (end === undefined) return { what, start, read, append, cursor: resumed, told }
  await end()
  await until('it has passed', async () => (await problemOf(at)) === 'none')
  const after = await at.told('/v1/records', POST)
  return {
    what,
    start,
    read,
    append: `${append}; once it has passed ${after}`,
    cursor: resumed,
    told: `${told}, then none`,
  }
}

/** A daemon in a process of its own takes a record more and is killed. */
async function killed(at: KeptHome): Promise<void> {
  const script = fileURLToPath(new URL('../../support/daemon/serve-home.ts', import.meta.url))
  const child = spawn(process.execPath, [script, at.path], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const { status } = await overSocket(homeAt(at.path).socket, '/v1/records', {
    method: 'POST',
    body: JSON.stringify({ ...RECORD, actor: ADA }),
  })
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
  if (status !== 201) throw new Error(`the append was answered with ${status}`)
}

async function started(at: KeptHome): Promise<Harmed> {
  try {
    const { store } = await at.start()
    return {
      start: store.lineageBroken === undefined ? 'starts' : 'starts, and says that it was changed',
    }
  } catch (error) {
    return { start: `refused: ${(error as { code: string }).code}` }
  }
}

async function problemOf(at: KeptHome): Promise<string> {
  return (await healthOf(at)).store.problem?.code ?? 'none'
}
