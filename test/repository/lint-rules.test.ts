import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { aHome } from '../support/daemon/a-daemon.ts'
import { architecture, forbiddenTo, type Layer, layersOf } from './layers.ts'

const LAYERS = '.oxlintrc.layers.json'
const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** What the linter says about files of an otherwise empty repository, by one of the two configurations. */
async function lintAll(
  files: Readonly<Record<string, string>>,
  config = '.oxlintrc.json',
  ...flags: readonly string[]
): Promise<string> {
  using scratch = aHome()
  cpSync(join(root, config), join(scratch.path, '.oxlintrc.json'))
  cpSync(join(root, LAYERS), join(scratch.path, LAYERS))
  cpSync(join(root, 'tsconfig.base.json'), join(scratch.path, 'tsconfig.json'))
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(join(scratch.path, dirname(path)), { recursive: true })
    writeFileSync(join(scratch.path, path), source)
  }
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const { stdout } = await run(process.execPath, [oxlint, ...flags], { cwd: scratch.path }).catch(
    (failure: { stdout: string }) => failure,
  )
  return stdout
}

function lint(path: string, source: string, ...how: readonly string[]): Promise<string> {
  return lintAll({ [path]: source }, ...how)
}

test.each([
  ['protocol/x.ts', "import type { Env } from '../edge-gateway/env.ts'\nexport type E = Env"],
  ['protocol/x.ts', "export { homeAt } from '../local-daemon/home/home.ts'"],
  ['protocol/x.ts', "export { join } from 'node:path'"],
  ['protocol/x.ts', "export { DurableObject } from 'cloudflare:workers'"],
  [
    'local-daemon/store/x.ts',
    "export { readSettings } from '../../edge-gateway/deployment/settings.ts'",
  ],
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
  ['test/daemon/x.ts', "export { readSettings } from '../../edge-gateway/deployment/settings.ts'"],
])('a file of %s may say: %s', async (path, source) => {
  expect(await lint(path, `${source}\n`)).toContain('Found 0 warnings and 0 errors')
})

const layers = layersOf(architecture())

/** The path of a file in a layer, and how a file of another layer names it. */
const fileOf = ({ part, folder }: Layer) =>
  `${part}/${folder === '*.ts' ? 'x.ts' : `${folder}x.ts`}`
function nameFrom(layer: Layer, other: Layer): string {
  // A file beside the folders is known by its name.
  const beside = other.part === 'edge-gateway' ? 'worker.ts' : 'daemon.ts'
  const path = other.folder === '*.ts' ? beside : `${other.folder}x.ts`
  return layer.folder === '*.ts' ? `./${path}` : `../${path}`
}

/** Each layer with each that it may not import, but not the other way round. */
const upward = layers.flatMap((layer) =>
  forbiddenTo(layer, layers).map((other) => ({ layer, other })),
)

test.each([
  ['a type', (name: string) => `export type { X } from '${name}'`],
  ['an imported type', (name: string) => `import type { X } from '${name}'\nexport type Y = X`],
  ['a value', (name: string) => `export { x } from '${name}'`],
  ['a late import', (name: string) => `export const load = () => import('${name}')`],
])('no layer may import %s from a layer above it', async (_what, source) => {
  const files = upward.map(({ layer, other }, at): [string, string] => [
    fileOf(layer).replace('x.ts', `x${at}.ts`),
    source(nameFrom(layer, other)),
  ])
  const deep = files.flatMap(([path, text]): [string, string][] =>
    path.split('/').length < 3
      ? []
      : [[path.replace(/[^/]+$/u, 'deep/$&'), text.replace("'../", "'../../")]],
  )
  const planted = Object.fromEntries([...files, ...deep])
  const said = await lintAll(planted, '.oxlintrc.json', '--format=unix')
  const refused = said.split('\n').filter((line) => line.includes('no-restricted-imports'))
  expect(
    Object.keys(planted).filter((path) => !refused.some((line) => line.startsWith(`${path}:`))),
  ).toEqual([])
  expect(files.length).toBeGreaterThan(layers.length)
})

test('no layer may name a type of a layer above it inside an expression', async () => {
  const source = "export type X = import('../http/app.ts').X"
  expect(await lint('local-daemon/store/x.ts', source)).toContain('consistent-type-imports')
})

test('each layer may import every layer below it', async () => {
  const files = layers.flatMap((layer) => {
    const forbidden = forbiddenTo(layer, layers)
    return layers
      .filter((other) => other.part === layer.part && other !== layer && !forbidden.includes(other))
      .map((other, at): [string, string] => [
        fileOf(layer).replace('x.ts', `x${at}.ts`),
        `export type { X } from '${nameFrom(layer, other)}'\n`,
      ])
  })
  expect(await lintAll(Object.fromEntries(files))).toContain('Found 0 warnings and 0 errors')
})

test.each(['Date.now()', 'Math.random()', 'performance.now()', 'setTimeout(() => {}, 1)'])(
  'protocol/ may not call %s: it has no clock, no chance and no timers',
  async (call) => {
    expect(await lint('protocol/x.ts', `export const now = () => ${call}\n`)).toMatch(
      /no-restricted-(globals|properties)/,
    )
  },
)

test.each(['Date.now()', 'Math.random()', 'performance.now()', 'setTimeout(() => {}, 1)'])(
  'the states of the tunnel may not call %s: events bring times and chance',
  async (call) => {
    const file = 'local-daemon/tunnel/states/x.ts'
    expect(await lint(file, `export const now = () => ${call}\n`)).toMatch(
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

test('a callback whose result is ignored may not be an async function', async () => {
  const source = 'export const f = (list: string[]) => list.forEach(async () => {})'
  const said = await lint('protocol/x.ts', source, '.oxlintrc.promises.json', '--type-aware')
  expect(said).toContain('no-misused-promises')
})
