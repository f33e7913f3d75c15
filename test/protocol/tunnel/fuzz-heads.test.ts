import { expect, test } from 'vitest'
import { fuzzHeads } from './fuzz-heads.ts'

/** `SPL_FUZZ_INPUTS=1000000`; a finding names its seed and input: `SPL_FUZZ_SEED=tea SPL_FUZZ_FIRST=7 SPL_FUZZ_INPUTS=1`. */
const INPUTS = Number(process.env['SPL_FUZZ_INPUTS'] ?? 10_000)
const FIRST = Number(process.env['SPL_FUZZ_FIRST'] ?? 0)
const SEED = process.env['SPL_FUZZ_SEED'] ?? String(Math.floor(Math.random() * 1e9))
/** Seeds that have found something once. */
const KEPT = ['tea']

test(
  'a head with hostile fields is read in its full form or costs its stream or its connection, and nothing else',
  { timeout: 600_000 },
  () => {
    for (const seed of process.env['SPL_FUZZ_SEED'] === undefined ? [...KEPT, SEED] : [SEED]) {
      const inputs = seed === SEED ? INPUTS : 2_000
      const began = performance.now()
      const { taken, refused, ended } = fuzzHeads(seed, inputs, FIRST)
      const seconds = ((performance.now() - began) / 1000).toFixed(1)
      process.stdout.write(
        `seed ${seed}: ${inputs} inputs in ${seconds} s, ${taken} taken, ${refused} reset, ${ended} ended\n`,
      )
      expect(taken + refused + ended).toBe(inputs)
      if (inputs < 1_000) continue
      // A fuzzer whose every input dies at the first byte would find nothing.
      for (const count of [taken, refused, ended]) expect(count).toBeGreaterThan(inputs / 50)
    }
  },
)
