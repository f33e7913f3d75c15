import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { aHome } from '../support/a-daemon.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** What the linter says about one file of an otherwise empty repository, by one of the two configurations. */
async function lint(
  path: string,
  source: string,
  config = '.oxlintrc.json',
  ...flags: readonly string[]
): Promise<string> {
  using scratch = aHome()
  cpSync(join(root, config), join(scratch.path, '.oxlintrc.json'))
  cpSync(join(root, 'tsconfig.base.json'), join(scratch.path, 'tsconfig.json'))
  mkdirSync(join(scratch.path, dirname(path)), { recursive: true })
  writeFileSync(join(scratch.path, path), source)
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const { stdout } = await run(process.execPath, [oxlint, ...flags], { cwd: scratch.path }).catch(
    (failure: { stdout: string }) => failure,
  )
  return stdout
}

test.each([
  ['protocol/x.ts', "import type { Env } from '../edge-gateway/env.ts'\nexport type E = Env"],
  ['protocol/x.ts', "export { homeAt } from '../local-daemon/home/home.ts'"],
  ['protocol/x.ts', "export { join } from 'node:path'"],
  ['protocol/x.ts', "export { DurableObject } from 'cloudflare:workers'"],
  ['local-daemon/store/x.ts', "export { readSettings } from '../../edge-gateway/settings.ts'"],
  ['local-daemon/store/x.ts', "export const load = () => import('../../edge-gateway/worker.ts')"],
  ['local-daemon/x.ts', "export { aHome } from '../test/daemon/a-daemon.ts'"],
  ['edge-gateway/x.ts', "export { homeAt } from '../local-daemon/home/home.ts'"],
  ['edge-gateway/worker/x.ts', "export { readFileSync } from 'node:fs'"],
])('a file of %s may not say: %s', async (path, source) => {
  expect(await lint(path, `${source}\n`)).toContain('no-restricted-imports')
})

test.each([
  ['local-daemon/store/x.ts', "export { LIMITS } from '../../protocol/limits.ts'"],
  ['local-daemon/store/x.ts', "export { homeAt } from '../home/home.ts'"],
  ['edge-gateway/tunnel/x.ts', "export { LIMITS } from '../../protocol/limits.ts'"],
  ['protocol/x.ts', "export { LIMITS } from './limits.ts'"],
  ['test/daemon/x.ts', "export { readSettings } from '../../edge-gateway/settings.ts'"],
])('a file of %s may say: %s', async (path, source) => {
  expect(await lint(path, `${source}\n`)).toContain('Found 0 warnings and 0 errors')
})

test.each(['Date.now()', 'Math.random()', 'performance.now()', 'setTimeout(() => {}, 1)'])(
  'protocol/ may not call %s: it has no clock, no chance and no timers',
  async (call) => {
    expect(await lint('protocol/x.ts', `export const now = () => ${call}\n`)).toMatch(
      /no-restricted-(globals|properties)/,
    )
  },
)

test.each([
  'export function leave(work: Promise<void>): void {\n  work\n}',
  'export function leave(work: Promise<void>): void {\n  void work\n}',
  'export function leave(work: Promise<void>): void {\n  void work.then(() => {})\n}',
])('no room may leave a promise without a handler: %s', async (source) => {
  for (const room of ['protocol', 'local-daemon/tunnel', 'edge-gateway/tunnel']) {
    const said = await lint(`${room}/x.ts`, source, '.oxlintrc.promises.json', '--type-aware')
    expect(said).toContain('no-floating-promises')
  }
})

test('a callback may not leave a promise without a handler by its value either', async () => {
  const source = 'export const leave = (work: () => Promise<void>) => () => void work()'
  for (const room of ['protocol', 'local-daemon/tunnel', 'edge-gateway/tunnel']) {
    expect(await lint(`${room}/x.ts`, source)).toContain('no-void')
  }
})

test('a callback that nobody waits for may not be an async function', async () => {
  const source = 'export const f = (list: string[]) => list.forEach(async () => {})'
  const said = await lint('protocol/x.ts', source, '.oxlintrc.promises.json', '--type-aware')
  expect(said).toContain('no-misused-promises')
})
