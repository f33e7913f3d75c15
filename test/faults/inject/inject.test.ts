import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('inject-main.ts', import.meta.url))
const RUNS = process.env['SPL_INJECT_RUNS'] ?? '25'
const SEED = process.env['SPL_INJECT_SEED'] ?? Date.now().toString(36)

/* In a process of its own: what reaches it must not be mistaken for the test runner's. */

test(
  'a fault at any step of a stream at home costs that stream: no exit, no slot, no stream left hanging, no neighbour',
  { timeout: 600_000 },
  async () => {
    const args = [MAIN, '--runs', RUNS, '--seed', SEED]
    const { stdout } = await run(process.execPath, args)
    process.stdout.write(`seed ${SEED}: ${stdout}`)
    const report = JSON.parse(stdout) as { readonly failed: number; readonly noted: number }
    expect(report.failed).toBe(0)
    // One that injects nothing finds nothing.
    expect(report.noted).toBeGreaterThan(Number(RUNS) / 2)
  },
)
