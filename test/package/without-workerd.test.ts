import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { aCleanUser } from './a-clean-user.ts'
import { anInstallation } from './an-installation.ts'
import { NEWEST } from './node-versions.ts'
import { npm } from './npm.ts'

test('in a project, without optional packages and install scripts, all runs but a gateway', async () => {
  using node = await anInstallation(NEWEST)
  using user = aCleanUser()
  const project = join(node.directory, 'project')
  mkdirSync(project)
  const where = { cwd: project, bin: node.nodeBin }
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
