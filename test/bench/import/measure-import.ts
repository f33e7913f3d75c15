import { verify } from 'node:crypto'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { floorRate } from './import-floor.ts'
import { draftLines, signedLines, type SignedLines } from './import-lines.ts'
import { postLines } from './post-lines.ts'
import { rawSqliteRate } from '../raw-sqlite.ts'
import type { Stage } from '../stage.ts'
import { median, percentile, type Spread, spread, spreadOfPairs } from '../statistics.ts'

export interface ImportResult {
  /** Records per second: signed elsewhere, and drafts that the daemon signs. */
  readonly signedPerSecond: number
  readonly draftsPerSecond: number
  /** Signatures per second that the thread pool verifies by itself, on all cores. */
  readonly verifyPerSecond: number
  readonly rawSqlitePerSecond: number
  /** Records per second of the least that can be done: see `floorRate`. */
  readonly signedFloorPerSecond: number
  readonly draftsFloorPerSecond: number
  /** 99th percentile of a single append, milliseconds. */
  readonly singleP99Ms: number
  readonly singleDuringP99Ms: number
  readonly signedOfVerify: Spread
  readonly signedFloorOfVerify: Spread
  readonly draftsOfRawSqlite: Spread
  readonly draftsFloorOfRawSqlite: Spread
  readonly singleP99During: Spread
}

const RECORDS = 20_000
/** Verifications under way at once: enough for any number of cores. */
const VERIFYING = 128
/** Rows in one transaction of SQLite alone. */
const BATCH = 128

/** Bulk appends over one connection on loopback, in turns with what they are compared with. */
export async function measureImport(
  stage: Stage,
  rounds: number,
  seconds: number,
): Promise<ImportResult> {
  const results = {
    signed: [] as number[],
    verify: [] as number[],
    signedFloor: [] as number[],
    drafts: [] as number[],
    raw: [] as number[],
    draftsFloor: [] as number[],
    alone: [] as number[],
    during: [] as number[],
  }
  for (let round = 0; round < rounds; round += 1) {
    const signed = signedLines(`th_import_${round}`, RECORDS)
    results.verify.push(await verifyRate(signed))
    results.signed.push(await importRate(stage, signed.lines))
    const { directory } = stage
    results.signedFloor.push(await floorRate(directory, `verify-${round}`, signed, 'verify'))
    results.drafts.push(await importRate(stage, draftLines(`th_drafts_${round}`, RECORDS)))
    results.raw.push(rawSqliteRate(directory, 100 + round, Math.min(seconds, 1), BATCH))
    results.draftsFloor.push(await floorRate(directory, `sign-${round}`, signed, 'sign'))
    const busy = signedLines(`th_busy_${round}`, RECORDS)
    results.alone.push(await singleP99(stage, () => setTimeout(seconds * 1000)))
    results.during.push(await singleP99(stage, () => importRate(stage, busy.lines)))
  }
  return {
    signedPerSecond: median(results.signed),
    draftsPerSecond: median(results.drafts),
    verifyPerSecond: median(results.verify),
    rawSqlitePerSecond: median(results.raw),
    signedFloorPerSecond: median(results.signedFloor),
    draftsFloorPerSecond: median(results.draftsFloor),
    singleP99Ms: median(results.alone),
    singleDuringP99Ms: median(results.during),
    signedOfVerify: spreadOfPairs(results.signed, results.verify),
    signedFloorOfVerify: spreadOfPairs(results.signedFloor, results.verify),
    draftsOfRawSqlite: spreadOfPairs(results.drafts, results.raw),
    draftsFloorOfRawSqlite: spreadOfPairs(results.draftsFloor, results.raw),
    singleP99During: spread([median(results.during) / median(results.alone)]),
  }
}

/** Per second, on the thread pool alone. */
async function verifyRate({ preimages, signatures, publicKey }: SignedLines): Promise<number> {
  const texts = preimages.map((text) => Buffer.from(text))
  const startedAt = performance.now()
  let begun = 0
  await new Promise<void>((resolve) => {
    let open = 0
    const next = () => {
      const [text, signature] = [texts[begun], signatures[begun]]
      if (text === undefined || signature === undefined) return open === 0 ? resolve() : undefined
      begun += 1
      open += 1
      verify(null, text, publicKey, signature, () => {
        open -= 1
        next()
      })
    }
    for (let n = 0; n < VERIFYING; n += 1) next()
  })
  return (RECORDS / (performance.now() - startedAt)) * 1000
}

/** Records per second. */
async function importRate(stage: Stage, lines: Buffer): Promise<number> {
  return (RECORDS / (await postLines(stage, lines, RECORDS))) * 1000
}

/** Milliseconds, of one writer in a process of its own that waits for each answer, until something else is done. */
async function singleP99(
  { directUrl, bearer }: Stage,
  until: () => Promise<unknown>,
): Promise<number> {
  const entry = fileURLToPath(new URL('single-writer.ts', import.meta.url))
  const writer = fork(entry, [directUrl, bearer])
  await once(writer, 'message')
  writer.send('start')
  await until()
  writer.send('stop')
  const [times] = (await once(writer, 'message')) as [readonly number[]]
  writer.disconnect()
  return percentile(times, 0.99)
}
