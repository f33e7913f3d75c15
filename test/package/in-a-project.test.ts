import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { aCleanUser } from './a-clean-user.ts'
import { anInstallation, type Installation } from './an-installation.ts'
import { NEWEST } from './node-versions.ts'
import { npm } from './npm.ts'

test('without optional packages and install scripts, all runs but a gateway', async () => {
  using node = await anInstallation(NEWEST)
  using user = aCleanUser()
  const where = aProject(node, {})
  const project = where.cwd
  const { path } = inject('tarball')
  await npm(['install', '--omit=optional', '--ignore-scripts', path], where)
  expect(readdirSync(join(project, 'node_modules'))).not.toContain('@cloudflare')
  expect(await npm(['exec', '--no', '--', 'spl', '--version'], where)).toBe(`${manifest.version}\n`)

  const bins = [join(project, 'node_modules/.bin'), node.nodeBin]
  await user.spl(bins, 'serve', '--daemon', '--port', '0')
  try {
    await user.spl(bins, 'intend', 'make tea')
    const gateway = await user.run(bins, 'spl', [
      'gateway',
      'serve',
      '--self-signed',
      '--port',
      '0',
    ])
    expect(gateway.stderr).toMatch(
      /^error: this installation of spl has no workerd for \S+ \S+ \[WORKERD_MISSING\]\ntry: install spl again/m,
    )
    expect(gateway.code).toBe(1)
  } finally {
    await user.spl(bins, 'serve', '--stop')
  }
})

// docs/releases.md: npm forgets what a lock file does not say, and would compile better-sqlite3.
test('npm ci compiles nothing where allowScripts says so', async () => {
  using node = await anInstallation(NEWEST)
  const where = aProject(node, { allowScripts: { 'better-sqlite3': false } })
  await npm(['install', inject('tarball').path], where)
  await npm(['ci'], where)
  const library = join(where.cwd, 'node_modules/better-sqlite3')
  expect(readdirSync(library)).toContain('prebuilds')
  expect(readdirSync(library)).not.toContain('build')
  expect(await npm(['exec', '--no', '--', 'spl', '--version'], where)).toBe(`${manifest.version}\n`)
})

function aProject({ directory, nodeBin }: Installation, content: object) {
  const cwd = join(directory, 'project')
  mkdirSync(cwd)
  writeFileSync(join(cwd, 'package.json'), JSON.stringify(content))
  return { cwd, bin: nodeBin }
}
