import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const SUITE = join(import.meta.dirname, '../suite.ts')
let root: string

beforeAll(async () => (root = await mkdtemp(join(tmpdir(), 'spl-suite-test-'))))
afterAll(() => rm(root, { recursive: true, force: true }))

/** Runs the suite over these files. */
async function suite(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(root, 'run-'))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  const args = [SUITE, '--globals', '--maxWorkers', '2']
  return new Promise<{ code: number; said: string }>((resolve) => {
    // Its Vitest is not a worker of ours.
    const { VITEST: _, VITEST_POOL_ID: __, VITEST_WORKER_ID: ___, ...env } = process.env
    const child = execFile(process.execPath, args, { cwd: folder, env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, said: out + err }),
    )
  })
}

const HOLDS = `test('holds', () => expect(1).toBe(1))`
const FAILS = `test('fails', () => expect(1).toBe(2))`
const ONLY_ALONE = `
  import { existsSync, writeFileSync } from 'node:fs'
  test('fails in company', () => {
    const before = existsSync('seen')
    writeFileSync('seen', '')
    expect(before).toBe(true)
  })`

test('a file that fails beside others and holds alone is named, and fails no suite', async () => {
  const { code, said } = await suite({ 'a.test.js': HOLDS, 'b.test.js': ONLY_ALONE })
  expect(said).toContain('Failed beside other tests, held alone: b.test.js')
  expect(code).toBe(0)
})

test('a file that fails alone too fails the suite', async () => {
  const { code, said } = await suite({ 'a.test.js': HOLDS, 'b.test.js': FAILS })
  expect(said).toContain('Once more, alone: b.test.js')
  expect(said).not.toContain('held alone')
  expect(code).toBe(1)
})

test('more than four files fail the suite at once', async () => {
  const files = Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e'].map((name) => [
      `${name}.test.js`,
      ONLY_ALONE.replaceAll('seen', name),
    ]),
  )
  const { code, said } = await suite(files)
  expect(said).not.toContain('Once more')
  expect(code).toBe(1)
})

test('no test at all fails the suite', async () => {
  expect((await suite({ 'a.js': '' })).code).toBe(1)
})
