import { expect, test } from 'vitest'
import { refuseOldNode } from '../../../local-daemon/cli/old-node.ts'
import { runSpl } from '../../support/cli/run-spl.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

/** Runs before main.ts and makes this Node.js look like another one. */
function disguisedAs(node: string, napi: string): string {
  const versions = JSON.stringify({ node, napi })
  const script = `Object.defineProperty(process, 'versions', { value: ${versions} })`
  return `--import=data:text/javascript,${encodeURIComponent(script)}`
}

test.each([
  ['20.20.2', '9'],
  ['22.12.0', '9'],
  ['23.5.0', '9'],
])('on Node.js %s spl says what it needs, and loads nothing', async (node, napi) => {
  using home = aHome()
  const env = { NODE_OPTIONS: disguisedAs(node, napi) }
  const run = await runSpl(['thread', 'list'], { home: home.path, env })
  expect(run.stderr).toMatch(
    new RegExp(
      `^error: spl needs Node.js 22.14, 23.6 or newer; this is ${node} \\[NODE_TOO_OLD\\]\ntry: `,
    ),
  )
  expect(run.stderr).not.toContain('DAEMON_NOT_RUNNING')
  expect(run.code).toBe(1)
})

test('newer ones run it', async () => {
  using home = aHome()
  const env = { NODE_OPTIONS: disguisedAs('22.14.0', '10') }
  const run = await runSpl(['thread', 'list'], { home: home.path, env })
  expect(run.stderr).toContain('DAEMON_NOT_RUNNING')
  expect(refuseOldNode(process.versions)).toBeUndefined()
})
