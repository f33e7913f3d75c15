import { parseArgs } from 'node:util'
import { until } from '../../support/until.ts'
import { injectAtHome } from './inject-home.ts'
import { aRealApp } from './inject-real-app.ts'

/** `npm run faults:inject [-- --runs N --seed TEXT]`: exit code 1 if anything was found, with the seed of each such run. */
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '500' }, seed: { type: 'string' } },
})
const runs = Number(values.runs)
const real = await aRealApp()
const first = values.seed ?? Date.now().toString(36)
const began = performance.now()
const injected = new Map<string, number>()
let noted = 0
let failed = 0
for (let run = 0; run < runs; run += 1) {
  // The first run has the seed as it was given, so that one run of a failed seed is that run again.
  const seed = run === 0 ? first : `${first}.${run}`
  const result = await injectAtHome(seed, real)
  noted += result.noted
  for (const what of result.injected) injected.set(what, (injected.get(what) ?? 0) + 1)
  if (result.violations.length === 0) continue
  failed += 1
  process.stderr.write(`--seed ${seed} --runs 1: ${result.violations.join('; ')}\n`)
}
// Whatever its disk was, the store takes records in the end.
await until('the store is well again', real.isWell)
const kept = await real.append()
if (!real.isStored(kept)) failed += 1
const seconds = ((performance.now() - began) / 1000).toFixed(1)
process.stdout.write(
  `${JSON.stringify({ runs, failed, seconds: Number(seconds), noted, injected: Object.fromEntries(injected) })}\n`,
)
await real[Symbol.asyncDispose]()
process.exit(failed === 0 ? 0 : 1)
