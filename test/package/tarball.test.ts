import { readdirSync, readFileSync, realpathSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { anInstallation, type Installation } from './an-installation.ts'
import { measureInstallation } from './measure-installation.ts'
import { NEWEST, NODE_VERSIONS, OLDEST } from './node-versions.ts'
import { sizeBounds } from './size-bounds.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const tarball = inject('tarball')
let installed: Installation

beforeAll(async () => {
  installed = await anInstallation(NEWEST)
  await installed.install(tarball.path)
})

afterAll(() => installed[Symbol.dispose]())

test('the oldest Node.js of this suite is the oldest that the package allows', () => {
  expect(manifest.engines.node).toContain(`^${OLDEST} `)
  expect(manifest.devDependencies.node).toBe(NEWEST)
  expect(NODE_VERSIONS[0]).toBe(OLDEST)
})

test('sizes stay below the bounds of docs/releases.md', () => {
  const { bytes, packages } = measureInstallation(join(installed.prefix, 'lib/node_modules'))
  const measured = {
    'tarball, kB': Math.ceil(tarball.size / 1000),
    'unpacked, kB': Math.ceil(tarball.unpackedSize / 1000),
    'installed, MB': Math.ceil(bytes / 1e6),
    packages,
  }
  process.stdout.write(`${JSON.stringify(measured)}\n`)
  const bounds = sizeBounds()
  expect(Object.keys(bounds)).toEqual(Object.keys(measured))
  const grown = Object.entries(measured).filter(([what, value]) => value > (bounds[what] ?? 0))
  expect(grown).toEqual([])
})

test('it needs no build tool, and one native program', () => {
  const names = new Set(readdirSync(join(installed.packageRoot, 'node_modules')))
  for (const tool of ['esbuild', 'typescript', 'wrangler', 'miniflare', 'vitest']) {
    expect(names).not.toContain(tool)
  }
  const platforms = readdirSync(join(installed.packageRoot, 'node_modules/@cloudflare'))
  expect(platforms).toEqual([expect.stringMatching(/^workerd-/)])
})

test('nothing of it leads back to the checkout', () => {
  const places = readdirSync(installed.prefix, { recursive: true, withFileTypes: true })
  const links = places.filter((one) => one.isSymbolicLink()).map(pathOf)
  const prefix = realpathSync(installed.prefix)
  expect(links.filter((link) => !realpathSync(link).startsWith(prefix))).toEqual([])
  const own = places.filter(
    (place) =>
      place.isFile() &&
      place.parentPath.startsWith(installed.packageRoot) &&
      !place.parentPath.includes('/spl/node_modules'),
  )
  expect(own.length).toBeGreaterThan(100)
  expect(own.map(pathOf).filter((path) => readFileSync(path, 'utf8').includes(ROOT))).toEqual([])
})

function pathOf({ parentPath, name }: Dirent): string {
  return join(parentPath, name)
}
