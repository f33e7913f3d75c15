import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { expect, test } from 'vitest'
import { COMPATIBILITY_DATE } from '../../../local-daemon/gateway/compatibility-date.ts'

interface EdgeReport {
  readonly runs: number
  readonly violations: readonly string[]
  readonly thrown: number
  readonly counted: number
}

const RUNS = Number(process.env['SPL_INJECT_RUNS'] ?? '40')
const FIRST = Number(process.env['SPL_INJECT_FIRST'] ?? '0')
const SEED = Number(process.env['SPL_INJECT_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Runs of one request: a Worker's request is not for ever. */
const BATCH = 20

test(
  'after an exception at any step of a stream at the gateway its slot is free, its client is answered, and no other stream is affected',
  { timeout: 600_000 },
  async () => {
    const bundle = await build({
      entryPoints: [new URL('inject-edge-worker.ts', import.meta.url).pathname],
      bundle: true,
      format: 'esm',
      target: 'es2024',
      external: ['cloudflare:workers'],
      write: false,
    })
    const contents = bundle.outputFiles[0]?.text ?? ''
    const runtime = new Miniflare({
      telemetry: { enabled: false },
      // The faults are the point: their lines would drown the report.
      handleStructuredLogs: () => {},
      workers: [
        {
          config: {
            name: 'edge',
            compatibilityDate: COMPATIBILITY_DATE,
            manifest: {
              mainModule: 'worker.mjs',
              modulesRoot: import.meta.dirname,
              modules: { 'worker.mjs': { type: 'esm', contents } },
            },
          },
        },
      ],
    })
    try {
      const total = { runs: 0, violations: [] as string[], thrown: 0, counted: 0 }
      for (let first = FIRST; first < FIRST + RUNS; first += BATCH) {
        const runs = Math.min(BATCH, FIRST + RUNS - first)
        const body = JSON.stringify({ seed: SEED, first, runs })
        const answer = await runtime.dispatchFetch('http://edge.example/', { method: 'POST', body })
        const report = (await answer.json()) as EdgeReport
        total.runs += report.runs
        total.violations.push(...report.violations)
        total.thrown += report.thrown
        total.counted += report.counted
      }
      process.stdout.write(`seed ${SEED}: ${JSON.stringify(total)}\n`)
      expect(total.violations).toEqual([])
      // Each step that threw was counted, and there were some.
      expect(total.thrown).toBeGreaterThan(RUNS / 2)
      expect(total.counted).toBeGreaterThanOrEqual(total.thrown)
    } finally {
      await runtime.dispose()
    }
  },
)
