import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { COMPATIBILITY_DATE } from '../../../local-daemon/gateway/compatibility-date.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const wrangler = fileURLToPath(new URL('../../../node_modules/.bin/wrangler', import.meta.url))

test('wrangler would deploy the Worker with its object and its variables', async () => {
  using home = aHome()
  const { stdout } = await run(wrangler, ['deploy', '--dry-run', '--outdir', home.path], {
    cwd: root,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1', NO_COLOR: '1' },
  })
  expect(stdout).toMatch(/env\.TUNNEL \(TunnelObject\) +Durable Object/)
  expect(stdout).toMatch(/env\.OWNER_DID \(""\)/)
  expect(stdout).toMatch(/env\.CLIENT_ADDRESS_HEADER \("CF-Connecting-IP"\)/)
  expect(stdout).toContain('--dry-run: exiting now.')
})

test('Cloudflare and the self-hosted runtime are asked for the same behaviour', () => {
  const settings = readFileSync(new URL('../../../wrangler.toml', import.meta.url), 'utf8')
  expect(settings.match(/^compatibility_date = "(.*)"$/m)?.[1]).toBe(COMPATIBILITY_DATE)
})
