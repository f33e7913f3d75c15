import { writeFile } from 'node:fs/promises'
import { measureFloor } from './floor/measure-floor.ts'
import { loadTool } from './load.ts'
import { measureAppend } from './measure-append.ts'
import { measureBulk } from './measure-bulk.ts'
import { measureEvents } from './measure-events.ts'
import { measureFairness } from './measure-fairness.ts'
import { measureImport } from './import/measure-import.ts'
import { measureSmall } from './measure-small.ts'
import { measureStalled } from './measure-stalled.ts'
import { measureStore } from './measure-store.ts'
import { measureMillion } from './million/measure-million.ts'
import { measureSubscribers } from './measure-subscribers.ts'
import { benchOptions, type Part } from './options.ts'
import { measurePeers, peersTable } from './peers/measure-peers.ts'
import { runProfile } from './profile/run-profile.ts'
import { report } from './report.ts'
import { setStage } from './stage.ts'
import { table } from './table.ts'

/** `npm run bench`: on raw workerd, everything in one run or the parts that are asked for; README.md has the options. */
const options = benchOptions(process.argv.slice(2))
const { rounds, seconds } = options
const tool = await loadTool()
if (options.profile !== undefined) console.log(await runProfile(tool, seconds, options.profile))
else if (options.peers) await comparePeers()
else await measureParts()

async function comparePeers(): Promise<void> {
  await using stage = await setStage()
  const results = await measurePeers(stage, tool, rounds, seconds, options.peersDirectory)
  const date = new Date().toISOString().slice(0, 10)
  console.log(peersTable(results, date))
  if (options.json !== undefined) {
    await writeFile(
      options.json,
      `${JSON.stringify({ object: 'peers', date, results }, null, 2)}\n`,
    )
  }
}

async function measureParts(): Promise<void> {
  await using stage = await setStage()

  const stalled = await part('stalled', 'stalled readers', () => measureStalled(stage))
  const small = await part('small', 'small requests', async () => [
    await measureSmall(stage, tool, 1, rounds, seconds),
    await measureSmall(stage, tool, 32, rounds, seconds),
  ])
  const append = await part('append', 'appends', () => measureAppend(stage, tool, rounds, seconds))
  const store = await part('store', 'the store', () => measureStore(stage, rounds))
  const million = await part('million', 'a store of a million records', () => measureMillion())
  const imported = await part('import', 'bulk appends', () => measureImport(stage, rounds, seconds))
  const bulk = await part('bulk', 'bulk bodies', () => measureBulk(stage, options.bulkRounds))
  const fairness = await part('fairness', 'small replies under a bulk download', () =>
    measureFairness(stage, rounds, seconds),
  )
  const events = await part('events', 'events', () => measureEvents(stage, 300))
  const count = options.subscribers
  const subscribers = await part('subscribers', `${count} subscribers of one feed`, () =>
    measureSubscribers(stage, count, Math.floor(count / 5)),
  )

  const floor = await part('floor', 'the smallest relay, and appends that check nothing', () =>
    measureFloor(stage, tool, rounds, seconds),
  )

  const measurements = {
    tool,
    small,
    append,
    store,
    million,
    import: imported,
    bulk,
    events,
    fairness,
    stalled,
    subscribers,
    floor,
  }
  console.log(table(measurements))
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify(report(measurements), null, 2)}\n`)
  }
}

async function part<Result>(
  name: Part,
  what: string,
  measure: () => Promise<Result>,
): Promise<Result | undefined> {
  if (!options.parts.includes(name)) return undefined
  process.stderr.write(`measuring ${what} …\n`)
  return measure()
}
