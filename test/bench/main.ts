import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { loadTool } from './load.ts'
import { measureBulk } from './measure-bulk.ts'
import { measureEvents } from './measure-events.ts'
import { measureFairness } from './measure-fairness.ts'
import { measureSmall } from './measure-small.ts'
import { measureStalled } from './measure-stalled.ts'
import { measureSubscribers } from './measure-subscribers.ts'
import { report, table } from './report.ts'
import { setStage } from './stage.ts'

/** `npm run bench [-- --json FILE] [--rounds N] [--subscribers N]`: everything in one run, on raw workerd. */
const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    subscribers: { type: 'string', default: '5000' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const tool = await loadTool()
await using stage = await setStage()

// Memory first: what a process has grown to under load it does not give back.
progress(`stalled readers`)
const stalled = await measureStalled(stage)
progress('small requests, 1 connection')
const one = await measureSmall(stage, tool, 1, rounds, seconds)
progress('small requests, 32 connections')
const many = await measureSmall(stage, tool, 32, rounds, seconds)
progress('bulk bodies')
const bulk = await measureBulk(stage, rounds)
progress('small replies under a bulk download')
const fairness = await measureFairness(stage, rounds, seconds)
progress('events')
const events = await measureEvents(stage, 300)

progress(`${values.subscribers} subscribers of one feed`)
const count = Number(values.subscribers)
const subscribers = await measureSubscribers(stage, count, Math.floor(count / 5))

const measurements = { tool, small: [one, many], bulk, events, fairness, stalled, subscribers }
console.log(table(measurements))
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify(report(measurements), null, 2)}\n`)
}

function progress(what: string): void {
  process.stderr.write(`measuring ${what} …\n`)
}
