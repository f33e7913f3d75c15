import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

/** More files than this never fail by coincidence. */
const MOST_AGAIN = 4
const VITEST = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
)

/**
 * `node test/suite.ts …`: `vitest run …`, and then the files that failed once more, with nothing beside them. Tests of time share two
 * cores with five others, and a shared machine stands still now and then: what fails in company and holds alone is named, and does
 * not fail the suite; what fails alone does.
 */
async function main(args: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'spl-suite-'))
  try {
    const report = join(folder, 'report.json')
    const code = await vitest([
      ...args,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ])
    if (code === 0) return 0
    const failed = await failedFiles(report)
    if (failed.length === 0 || failed.length > MOST_AGAIN) return code
    process.stdout.write(`\nOnce more, alone: ${failed.join(' ')}\n`)
    const again = await vitest([...withoutWorkers(args), '--maxWorkers=1', '--retry=0', ...failed])
    if (again === 0)
      process.stdout.write(`\nFailed beside other tests, held alone: ${failed.join(' ')}\n`)
    return again
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Vitest takes this option once. */
function withoutWorkers(args: readonly string[]): readonly string[] {
  return args.filter((arg, at) => arg !== '--maxWorkers' && args[at - 1] !== '--maxWorkers')
}

/** Vitest's exit code; 1 where a signal ended it. */
function vitest(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [VITEST, 'run', ...args], { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (code) => resolve(code ?? 1))
  })
}

/** Paths from the root; empty where Vitest failed by something else than a test. */
async function failedFiles(report: string): Promise<readonly string[]> {
  const text = await readFile(report, 'utf8').catch(() => '{"testResults":[]}')
  const { testResults } = JSON.parse(text) as {
    readonly testResults: readonly { readonly name: string; readonly status: string }[]
  }
  return testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name }) => relative(process.cwd(), name))
}

process.exitCode = await main(process.argv.slice(2))
