import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { replayLine, report, table } from './report.ts'
import { runChaos, type ChaosResult } from './run-chaos.ts'

/** `npm run faults [-- --runs N --seed TEXT --json FILE]`: many runs, one after the other. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1' },
    seed: { type: 'string' },
    json: { type: 'string' },
  },
})
const runs = Number(values.runs)
const first = process.env['SPL_CHAOS_SEED'] ?? values.seed ?? Date.now().toString(36)
const results: ChaosResult[] = []
for (let run = 0; run < runs; run += 1) {
  // The first run has the seed as it was given, so that one run of a failed seed is that run again.
  const seed = run === 0 ? first : `${first}.${run}`
  const result = await runChaos({ seed })
  results.push(result)
  process.stderr.write(`${replayLine(result)}\n`)
}
process.stdout.write(`${table(results)}\n`)
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify(report(results), null, 2)}\n`)
}
// What a fault has left hanging, a socket that nobody answers, must not keep a runner that has told its result.
process.exit(results.some(({ violations }) => violations.length > 0) ? 1 : 0)
