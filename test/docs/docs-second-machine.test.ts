import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { Login } from '../../local-daemon/cli/client/login-file.ts'
import { aHomeWithIdentity } from '../support/daemon/a-home-with-identity.ts'
import { aHome } from '../support/daemon/a-daemon.ts'
import { callsIn, readCall } from '../support/cli/example-lines.ts'
import { startOnWorkerd } from '../support/gateway/gateway-under-test.ts'
import { MAIN, runSpl } from '../support/cli/run-spl.ts'

const PAGE = readFileSync(new URL('../../docs/second-machine.md', import.meta.url), 'utf8')
const BLOCKS = [...PAGE.matchAll(/```sh\n# (at home|on the second machine)\n(.*?)```/gsu)].map(
  ([, place = '', lines = '']) => ({ place, lines }),
)

test('docs/second-machine.md has no command that the command line does not know', async () => {
  const inline = [...PAGE.matchAll(/`((?:[A-Z_]+=\S+ )*spl [^`]*)`/gu)].map(([, call = '']) => call)
  const calls = callsIn([...inline, ...BLOCKS.map(({ lines }) => lines)].join('\n'))
  expect(calls.length).toBeGreaterThan(15)
  for (const words of calls) {
    // "spl login" alone names the command.
    if (words.length > 1) expect(words.join(' ')).toContain(await readCall(words))
  }
})

test(
  'docs/second-machine.md works, block by block, through a real gateway',
  { timeout: 120_000 },
  async () => {
    using home = aHomeWithIdentity()
    using laptop = aHome()
    await using gateway = await startOnWorkerd({ ownerDid: home.ownerDid })
    const place = { 'at home': home.path, 'on the second machine': laptop.path }
    const known = { code: '', account: 'sa_…', bearer: '' }
    try {
      for (const block of BLOCKS) {
        const shown = await inShell(block.lines, {
          home: place[block.place as keyof typeof place],
          url: gateway.origin,
          ...known,
        })
        known.code = /spi_[\w-]+/u.exec(shown)?.[0] ?? known.code
        if (block.lines.includes('spl login')) {
          const login = JSON.parse(readFileSync(join(laptop.path, 'remote.json'), 'utf8')) as Login
          known.account = login.service_account_id
          known.bearer = login.bearer
        }
        if (block.lines.includes('spl thread list')) expect(shown).toContain('paint the shed')
      }
      expect(BLOCKS.length).toBeGreaterThan(5)
    } finally {
      await runSpl(['serve', '--stop'], { home: home.path })
    }
  },
)

interface Session {
  readonly home: string
  readonly url: string
  readonly code: string
  readonly account: string
  readonly bearer: string
}

/** The lines as they stand on the page, with the address, the code and the account of this test; any failure ends it. */
async function inShell(lines: string, session: Session): Promise<string> {
  using bin = aHome()
  mkdirSync(join(bin.path, 'bin'))
  const spl = join(bin.path, 'bin', 'spl')
  writeFileSync(spl, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  chmodSync(spl, 0o755)
  const script = lines
    .replaceAll('https://spl.example.com', session.url)
    .replaceAll('--daemon', '--daemon --port 0')
    .replaceAll('sa_…', session.account)
  const inherited = Object.entries(process.env).filter(([name]) => !/^(SPL|SYNCROPEL)_/u.test(name))
  const child = spawn('bash', ['-euc', script], {
    env: {
      ...Object.fromEntries(inherited),
      PATH: `${join(bin.path, 'bin')}:${process.env['PATH']}`,
      SYNCROPEL_HOME: session.home,
      T: session.bearer,
    },
  })
  child.stdin.end(`${session.code}\n`)
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ])
  expect([lines, code, code === 0 ? '' : stderr]).toEqual([lines, 0, ''])
  return stdout
}
