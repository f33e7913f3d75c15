import { spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runFitting } from '../../support/cli/run-here.ts'
import { MAIN } from '../../support/cli/run-spl.ts'
import { aDaemon, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'

/** Every write to it fails with ENOSPC. */
const FULL = '/dev/full'

let served: TestDaemon
let account: string
beforeAll(async () => {
  served = await aDaemon()
  account = await served.daemon.access.accounts.create({
    name: 'ci',
    scopes: ['records:read'],
    actors: [],
  })
})
afterAll(() => served[Symbol.asyncDispose]())

interface Ended {
  readonly code: number | null
  readonly stderr: string
}

/** A command whose stdout is the full device, a pipe whose reader is gone, or none at all (`>&-`). */
async function splTo(
  place: 'full' | 'closed' | 'none',
  line: string,
  home = served.daemon.home.root,
): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(SPL|SYNCROPEL)_/u.test(name))
  const shell = place === 'none' ? ['/bin/sh', '-c', 'exec "$@" >&-', 'sh'] : []
  const [program = '', ...words] = [...shell, process.execPath, MAIN, ...line.split(' ')]
  const child = spawn(program, words, {
    env: { ...Object.fromEntries(inherited), SYNCROPEL_HOME: home },
    stdio: ['ignore', place === 'full' ? openSync(FULL, 'w') : 'pipe', 'pipe'],
  })
  child.stdout?.destroy()
  const [stderr, [code]] = await Promise.all([
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { code, stderr }
}

const live = () =>
  served.daemon.store
    .tokens()
    .filter((token) => token.revoked_at === null && token.account_revoked_at === null)

describe.runIf(process.platform === 'linux')('stdout that accepts nothing more', () => {
  test.for(['status', 'thread list', 'config show --json', '--help', 'version'])(
    'is one line and an exit code: spl %s',
    async (line) => {
      const { code, stderr } = await splTo('full', line)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: write to stdout: .*ENOSPC.* \[OUTPUT_FAILED\]\ntry: \S.*\n$/)
    },
  )

  test('because its reader has read enough is no failure', async () => {
    expect(await splTo('closed', 'config show')).toEqual({ code: 0, stderr: '' })
  })
})

describe.runIf(process.platform === 'linux').for(['full', 'closed', 'none'] as const)(
  'a secret that stdout does not take (%s)',
  (place) => {
    test.for([
      'token create --sa _SA_',
      'service-account create --name new --with-token',
      'pair --device phone --url https://localhost:1',
      'pair --device phone --url https://localhost:1 --no-qr',
    ])('is ended again: spl %s', async (line) => {
      const before = live()
      const { code, stderr } = await splTo(place, line.replace('_SA_', account))
      expect(code).toBe(1)
      expect(stderr).toMatch(/was revoked \[SECRET_NOT_WRITTEN\]\ntry: \S.*\n$/)
      expect(stderr).not.toContain('shown this once')
      expect(live()).toEqual(before)
    })

    test('of a rotation is ended, and the way to another is told', async () => {
      const { code, stderr } = await splTo(place, `token rotate ${account}`)
      expect(code).toBe(1)
      expect(stderr).toContain(`spl token create --sa ${account}`)
      expect(live().filter((token) => token.account === account)).toEqual([])
    })

    test('of an invite is taken back', async () => {
      const line = 'pair --device lamp --url https://localhost:1 --invite'
      const { code, stderr } = await splTo(place, line)
      expect(code).toBe(1)
      expect(stderr).toContain('[SECRET_NOT_WRITTEN]')
      const list = await runFitting(['pair', 'invites', '--json'], {
        home: served.daemon.home.root,
      })
      const invites = (
        JSON.parse(list.stdout) as {
          data: { revoked_at: number | null; redeemed_at: number | null }[]
        }
      ).data
      expect(invites.length).toBeGreaterThan(0)
      expect(invites.filter((one) => one.revoked_at === null && one.redeemed_at === null)).toEqual(
        [],
      )
    })

    test('of an invite that was redeemed says how to end it', async () => {
      const made = await runFitting(
        ['pair', '--device', 'x', '--url', served.base, '--invite', '--no-qr'],
        { home: served.daemon.home.root },
      )
      const { invite } = JSON.parse(made.stdout) as { invite: string }
      using device = aHome()
      const line = `pair redeem ${invite} --url ${served.base}`
      const { code, stderr } = await splTo(place, line, device.path)
      expect(code).toBe(1)
      expect(stderr).toMatch(/\[SECRET_NOT_WRITTEN\]\ntry: at home: spl service-account revoke sa_/)
    })

    test.for(['--daemon', '--daemon --json', '--foreground'])(
      'of the first start is ended, and the way to another is told: spl serve %s',
      async (how) => {
        using home = aHome()
        const { code, stderr } = await splTo(place, `serve ${how} --port 0`, home.path)
        expect(code).toBe(1)
        expect(stderr).toMatch(
          /was revoked \[SECRET_NOT_WRITTEN\]\ntry: .*spl token create --sa sa_/,
        )
        const command = /spl (token create --sa sa_\w+)/u.exec(stderr)?.[1] ?? ''
        if (how === '--foreground') {
          await runFitting(['serve', '--daemon', '--port', '0'], { home: home.path })
        }
        const another = await runFitting(command.split(' '), { home: home.path })
        expect(another.stdout).toMatch(/^spl_prod_/)
        expect(readFileSync(`${home.path}/logs/spl.log`, 'utf8')).not.toContain(
          another.stdout.trim(),
        )
        await runFitting(['serve', '--stop'], { home: home.path })
      },
    )
  },
)
