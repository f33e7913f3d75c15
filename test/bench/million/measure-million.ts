import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { setup } from '../../bundle-spl.ts'
import { median, type Spread, spreadOfPairs } from '../statistics.ts'
import { type LargeHome, makeLargeHome, RECORDS_A_THREAD, TEAM_RECORDS } from './large-home.ts'
import { pageThrough, type Pages } from './page-through.ts'

export interface MillionResult {
  readonly records: number
  readonly storeMib: number
  /** From the start of `spl serve` until it serves, milliseconds. */
  readonly startMs: StoreTimes
  readonly startOfSmall: Spread
  /** The changes feed of a narrow reach from its first record to its last, milliseconds. */
  readonly narrowMs: StoreTimes
  readonly narrowOfSmall: Spread
  /** What the daemon's process has grown to at most after everything was read, MiB; and after its start. */
  readonly memoryMib: number
  readonly memoryAtStartMib: number
  /** What was read for that, and how fast. */
  readonly pages: readonly Pages[]
}

interface StoreTimes {
  readonly small: number
  readonly million: number
}

const SMALL = 10_000
const STARTS = 7
const NARROW_READS = 40
const RECORDS = 1_000_000
const MIB = 1024 * 1024

/** A store of a million records beside one of ten thousand, each served by `spl serve`, in few files as it is shipped. */
export async function measureMillion(records = RECORDS): Promise<MillionResult> {
  const directory = mkdtempSync(join(tmpdir(), 'spl-bench-million-'))
  try {
    await setup()
    const small = await makeLargeHome(join(directory, 'small'), SMALL)
    const large = await makeLargeHome(join(directory, 'million'), records)
    return await compareHomes(small, large, records)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** @throws Error when a way through the store does not give everything */
async function compareHomes(
  small: LargeHome,
  large: LargeHome,
  records: number,
): Promise<MillionResult> {
  const starts = { small: [] as number[], large: [] as number[] }
  for (let n = 0; n < STARTS; n += 1) {
    for (const [name, home] of [
      ['small', small],
      ['large', large],
    ] as const) {
      const started = await start(home)
      starts[name].push(started.startMs)
      await stop(started)
    }
  }
  const [few, many] = [await start(small), await start(large)]
  try {
    const narrow = await narrowTimes([few, small], [many, large])
    await stop(few)
    const atStart = peakMib(many)
    const pages = await pageThrough(many.base, large.bearer, {
      records,
      threads: Math.ceil(records / RECORDS_A_THREAD),
    })
    return {
      records,
      storeMib: statSync(join(large.path, 'hub.db')).size / MIB,
      startMs: { small: median(starts.small), million: median(starts.large) },
      // Start by start: each pair was taken back to back.
      startOfSmall: spreadOfPairs(starts.large, starts.small),
      ...narrow,
      memoryMib: peakMib(many),
      memoryAtStartMib: atStart,
      pages,
    }
  } finally {
    await Promise.all([stop(few), stop(many)])
  }
}

interface Started {
  readonly child: ChildProcess
  readonly base: string
  readonly startMs: number
}

const READY_FD = 3

async function start({ path }: LargeHome): Promise<Started> {
  const begun = performance.now()
  const main = process.env['SPL_TEST_MAIN'] ?? ''
  const args = [main, 'serve', '--foreground', '--port', '0', '--ready-fd', String(READY_FD)]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, SYNCROPEL_HOME: path },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const said = await text(child.stdio[READY_FD] as Readable)
  const { address } = JSON.parse(said) as { readonly address: string }
  return { child, base: address, startMs: performance.now() - begun }
}

async function stop({ child }: Started): Promise<void> {
  if (child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

type Served = readonly [Started, LargeHome]

async function narrowTimes(few: Served, many: Served) {
  const read = { small: [] as number[], large: [] as number[] }
  for (let n = 0; n < NARROW_READS; n += 1) {
    read.small.push(await narrowRead(few))
    read.large.push(await narrowRead(many))
  }
  // The first ones load code and pages of the file.
  const [small, large] = [read.small.slice(5), read.large.slice(5)]
  return {
    narrowMs: { small: median(small), million: median(large) },
    narrowOfSmall: spreadOfPairs(large, small),
  }
}

/** All records of the narrow reach, in pages as a feed that catches up. */
async function narrowRead([{ base }, { narrow }]: Served): Promise<number> {
  const headers = { authorization: `Bearer ${narrow}` }
  const begun = performance.now()
  let [found, since, more] = [0, '', true]
  while (more) {
    const answer = await fetch(`${base}/v1/sync/changes?limit=50${since}`, { headers })
    const page = (await answer.json()) as {
      readonly records: readonly unknown[]
      readonly next_cursor: string
      readonly has_more: boolean
    }
    found += page.records.length
    since = `&since=${encodeURIComponent(page.next_cursor)}`
    more = page.has_more
  }
  const ms = performance.now() - begun
  if (found !== TEAM_RECORDS) throw new Error(`the narrow feed has ${found} records`)
  return ms
}

/** The most that was resident, MiB. Linux only. */
function peakMib({ child }: Started): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(status)?.[1]) / 1024
}
