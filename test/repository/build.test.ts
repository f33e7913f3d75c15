import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { aHome } from '../support/daemon/a-daemon.ts'
import { packedOf } from '../support/packed.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const main = join(root, 'dist/local-daemon/cli/main.js')

/** All that the package holds beside its own manifest: no test, no TypeScript, no source map, nothing of a tool. */
const PACKED = [
  /^(?:README|CHANGELOG|ARCHITECTURE|SECURITY)\.md$/u,
  /^LICENSE$/u,
  /^package\.json$/u,
  /^docs\/[\w/-]+\.md$/u,
  /^docs\/images\/[\w-]+\.svg$/u,
  /^docs\/examples\/[\w-]+\.js$/u,
  /^docs\/openapi\.json$/u,
  /^protocol\/README\.md$/u,
  /^dist\/package\.json$/u,
  /^dist\/local-daemon\/cli\/cost\/unit-figures\.json$/u,
  /^dist\/edge-gateway\/worker\.js$/u,
  /^dist\/(?:local-daemon|protocol)\/[a-z0-9/-]+\.js$/u,
]

/** What nobody must forget. */
const NEEDED = [
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'docs/releases.md',
  'docs/images/way-light.svg',
  'docs/images/way-dark.svg',
  'dist/local-daemon/cli/main.js',
  'dist/edge-gateway/worker.js',
]

test('what is built runs without its sources, gateway included', { timeout: 120_000 }, async () => {
  using home = aHome()
  await run(process.execPath, [join(root, 'build.ts')], { cwd: root })
  expect(existsSync(join(root, 'dist/edge-gateway/worker.js'))).toBe(true)
  // The file itself, by its first line and mode: that is how npm's link to it is run.
  const path = `${join(process.execPath, '..')}:${process.env['PATH']}`
  const version = await run(main, ['--version'], { env: { ...process.env, PATH: path } })
  expect(version.stdout).toBe(`${manifest.version}\n`)
  // A project for Cloudflare comes out of what is built: the Worker as it is, and no source.
  const project = join(home.path, 'project')
  const owner = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
  await run(process.execPath, [main, 'gateway', 'init', project, '--owner', owner])
  expect(readFileSync(join(project, 'worker.js'), 'utf8')).toBe(
    readFileSync(join(root, 'dist/edge-gateway/worker.js'), 'utf8'),
  )
  const check = await run(process.execPath, [main, 'try', '--check', '--home', home.path])
  expect(check.stdout.match(/^ok /gm)).toHaveLength(7)
})

// After the build above.
test('the package holds what is built, its pages and its licence, and nothing else', async () => {
  const pack = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
  })
  const { files } = packedOf(pack.stdout)
  const paths = files.map(({ path }) => path)
  expect(paths.filter((name) => !PACKED.some((pattern) => pattern.test(name)))).toEqual([])
  expect(paths).toEqual(expect.arrayContaining(NEEDED))
  const told = paths.filter((name) => {
    const text = readFileSync(join(root, name), 'utf8')
    return text.includes('sourceMappingURL') || text.includes(root)
  })
  expect(told).toEqual([])
})
