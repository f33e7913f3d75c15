import { chmod, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDaemon, type Daemon } from '../../../local-daemon/daemon.ts'
import { runHere } from '../../support/cli/run-here.ts'
import type { SplRun } from '../../support/cli/run-spl.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { shortId } from '../../../local-daemon/cli/output/short-id.ts'

const ID = /^[0-9a-f]{64}$/

let home: ReturnType<typeof aHome>
let daemon: Daemon

beforeAll(async () => {
  home = aHome()
  daemon = await startDaemon({ home: home.path, port: 0 })
})

afterAll(async () => {
  await daemon.stop()
  home[Symbol.dispose]()
})

function spl(...args: string[]): Promise<SplRun> {
  return runHere(args, { home: home.path })
}

async function splJson(...args: string[]): Promise<Record<string, unknown>> {
  const run = await spl(...args, '--json')
  expect(run).toMatchObject({ code: 0, stderr: '' })
  expect(run.stdout.split('\n')).toHaveLength(2)
  return JSON.parse(run.stdout) as Record<string, unknown>
}

function elsewhere(env: Record<string, string> = {}): Parameters<typeof runHere>[1] {
  const { host, port } = daemon.addresses.tcp
  return { home: home.path, env: { SPL_SERVE_URL: `http://${host}:${port}`, ...env } }
}

describe('the four verbs', () => {
  test('intend opens a thread, the others go on with it, the daemon counts', async () => {
    const intended = await splJson('intend', 'paint the shed')
    expect(intended).toMatchObject({
      object: 'record',
      id: expect.stringMatching(ID),
      thread: expect.stringMatching(/^th_[0-9a-f]{64}$/),
      actor: `did:sync:user:${userInfo().username}`,
      act: 'INTEND',
      body: { goal: 'paint the shed' },
      clock: 0,
      data_type: 'SCALAR',
      parents: [],
      judged_by: null,
      origin: daemon.identity.did,
      sig: expect.stringMatching(/^[\w-]{86}$/),
    })
    const thread = String(intended['thread'])
    const body = '{"fulfills":"x","n":1}'
    expect(await splJson('do', 'bought paint', '--thread', thread)).toMatchObject({
      act: 'DO',
      body: { text: 'bought paint' },
      clock: 1,
    })
    expect(await splJson('know', 'done', '--thread', thread, '--body', body)).toMatchObject({
      act: 'KNOW',
      body: { text: 'done', fulfills: 'x', n: 1 },
      clock: 2,
    })
    expect(
      await splJson('learn', 'in spring', '--thread', thread, '--actor', 'did:sync:agent:a'),
    ).toMatchObject({ act: 'LEARN', actor: 'did:sync:agent:a', clock: 0 })

    const records = await splJson('thread', 'records', thread)
    expect(records).toMatchObject({ object: 'list', has_more: false })
    expect((records['data'] as { act: string }[]).map(({ act }) => act)).toEqual([
      'INTEND',
      'DO',
      'KNOW',
      'LEARN',
    ])
    const threads = await splJson('thread', 'list')
    expect(threads['data']).toContainEqual(
      expect.objectContaining({ object: 'thread', id: thread, records: 4, goal: 'paint the shed' }),
    )
  })

  test('say for people what was appended', async () => {
    const run = await spl('intend', 'a table')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(
      /^Record +[0-9a-f]{64}\nAct +INTEND\nThread +th_[0-9a-f]{64}\nActor +did:\S+\nClock +0\n$/,
    )
  })

  test('SPL_ACTOR speaks where --actor does not', async () => {
    const env = { SPL_ACTOR: 'did:sync:agent:env' }
    const run = await runHere(['intend', 'x', '--json'], { home: home.path, env })
    expect(JSON.parse(run.stdout)).toMatchObject({ actor: 'did:sync:agent:env' })
  })

  test("pass on the daemon's own refusal with its code", async () => {
    const run = await spl('do', 'x', '--thread', 'not a thread')
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(/^error: thread .*\[INVALID_RECORD\]\ntry: \S/)
  })
})

describe('thread', () => {
  test('records prints a table in order of arrival, and text without control characters', async () => {
    const { thread } = await splJson('intend', 'look \u001B[31mred')
    await splJson('do', 'second', '--thread', String(thread))
    const run = await spl('thread', 'records', String(thread))
    const [header, first, second] = run.stdout.split('\n')
    expect(header).toMatch(/^CLOCK {2}ACT {5}ACTOR +RECORD +TEXT$/)
    expect(first).toMatch(/^0 +INTEND {2}did:\S+ +[0-9a-f]{12} {2}look \uFFFD\[31mred$/)
    expect(second).toMatch(/^1 +DO +did:\S+ +[0-9a-f]{12} {2}second$/)
  })

  test('records reads on over pages until its limit, and says when there is more', async () => {
    const thread = 'th_long'
    for (let index = 0; index < 1005; index++) {
      await daemon.store.append({
        parents: [],
        thread,
        actor: 'did:sync:user:a',
        act: 'DO',
        body: { text: String(index) },
        data_type: 'SCALAR',
        judged_by: null,
      })
    }
    const all = await splJson('thread', 'records', thread, '--limit', '2000')
    const texts = (all['data'] as { body: { text: string } }[]).map(({ body }) => body.text)
    expect(texts).toEqual(Array.from({ length: 1005 }, (_, index) => String(index)))
    expect(all['has_more']).toBe(false)
    const some = await spl('thread', 'records', thread, '--limit', '1003')
    expect(some.stdout.trim().split('\n')).toHaveLength(1004)
    expect(some.stderr).toContain('more exist')
  })

  test('records of a thread that is not here', async () => {
    const run = await spl('thread', 'records', 'th_nowhere')
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toContain('[NOT_FOUND]')
  })

  test('list shows the newest first', async () => {
    const { thread: older } = await splJson('intend', 'older')
    const { thread: newer } = await splJson('intend', 'newer')
    const { stdout } = await spl('thread', 'list')
    expect(stdout).toMatch(/^THREAD +RECORDS +UPDATED +GOAL\n/)
    expect(stdout.indexOf(shortId(String(newer)))).toBeGreaterThan(0)
    expect(stdout.indexOf(shortId(String(newer)))).toBeLessThan(
      stdout.indexOf(shortId(String(older))),
    )
  })
})

describe('a daemon elsewhere', () => {
  test('takes SPL_TOKEN, and --token before it', async () => {
    const bearer = daemon.adminBearer ?? ''
    const good = await runHere(['thread', 'list', '--json'], elsewhere({ SPL_TOKEN: bearer }))
    expect(good).toMatchObject({ code: 0, stderr: '' })
    const line = ['thread', 'list', '--json', '--token', bearer]
    expect(await runHere(line, elsewhere({ SPL_TOKEN: 'wrong' }))).toMatchObject({ code: 0 })
    const bad = await runHere(['thread', 'list'], elsewhere({ SPL_TOKEN: 'wrong' }))
    expect(bad).toMatchObject({ code: 4, stdout: '' })
    expect(bad.stderr).toContain('[AUTH_INVALID]')
    expect(bad.stderr).not.toContain('wrong')
  })

  test('uses the token file only while no other user may read it', async () => {
    const path = join(home.path, 'token')
    expect(await runHere(['thread', 'list'], elsewhere())).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('[TOKEN_MISSING]'),
    })
    await writeFile(path, `${daemon.adminBearer}\n`, { mode: 0o600 })
    expect(await runHere(['thread', 'list'], elsewhere())).toMatchObject({ code: 0 })
    await chmod(path, 0o644)
    const open = await runHere(['thread', 'list'], elsewhere())
    expect(open.code).toBe(4)
    expect(open.stderr).toContain('[TOKEN_INSECURE]')
    expect(open.stderr).toContain(`try: chmod 600 ${path}`)
  })

  test('shows its status', async () => {
    const bearer = daemon.adminBearer ?? ''
    const run = await runHere(['status', '--json'], elsewhere({ SPL_TOKEN: bearer }))
    expect(JSON.parse(run.stdout)).toMatchObject({
      status: 'running',
      instance_did: daemon.identity.did,
      home: null,
    })
  })

  test('that is not there', async () => {
    const env = { SPL_SERVE_URL: 'http://127.0.0.1:1', SPL_TOKEN: 'x' }
    const run = await runHere(['thread', 'list'], { home: home.path, env })
    expect(run).toMatchObject({ code: 3, stdout: '' })
    expect(run.stderr).toContain('[DAEMON_UNREACHABLE]')
  })

  test('at an invalid address', async () => {
    const env = { SPL_SERVE_URL: 'nonsense', SPL_TOKEN: 'x' }
    const run = await runHere(['thread', 'list'], { home: home.path, env })
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain('[URL_INVALID]')
  })
})
