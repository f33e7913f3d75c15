import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aDaemon, aDraft, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { splWithInput } from './spl-with-input.ts'

let from: TestDaemon
let source: string
let records: readonly StoredLine[]

interface StoredLine {
  readonly id: string
  readonly record: { readonly thread: string }
  readonly origin: string
  readonly sig: string
}

beforeAll(async () => {
  from = await aDaemon()
  const draft = (n: number) => aDraft({ thread: `th_${n % 7}`, body: { n } })
  await Promise.all(Array.from({ length: 900 }, (_, n) => from.daemon.store.append(draft(n))))
  records = await everything(from)
  source = join(from.daemon.home.root, 'source.ndjson')
  await runHere(['export', '-o', source], { home: from.daemon.home.root })
})
afterAll(() => from[Symbol.asyncDispose]())

let to: TestDaemon
let folder: ReturnType<typeof aHome>
let file: string
beforeEach(async () => {
  to = await aDaemon()
  folder = aHome()
  file = join(folder.path, 'records.ndjson')
  writeFileSync(file, readFileSync(source))
})
afterEach(async () => {
  await to[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** Everything but the daemon's own threads, in the order of the log. */
async function everything(at: TestDaemon): Promise<StoredLine[]> {
  const answer = await at.get('/v1/sync/changes?limit=10000')
  const { records: all } = (await answer.json()) as { records: StoredLine[] }
  return all.filter(({ record }) => record.thread !== 'th_service_accounts')
}

const spl = (...args: string[]) => runHere(args, { home: to.daemon.home.root })

describe('spl import', () => {
  test('names the namespaces that are missing before anything is sent, and how to make them', async () => {
    await using team = await aDaemon()
    for (const name of ['team', 'team/ops']) await team.post('/v1/namespaces', { name })
    for (const [n, namespace] of ['team', 'team/ops', undefined].entries()) {
      const body = { n, ...(namespace !== undefined && { namespace }) }
      await team.post('/v1/records', aDraft({ thread: `th_${n}`, body }))
    }
    await team.post('/v1/records', aDraft({ thread: 'th_1', body: { later: true } }))
    const moved = join(folder.path, 'team.ndjson')
    await runHere(['export', '-o', moved], { home: team.daemon.home.root })
    const head = to.daemon.store.head()
    for (const more of [[], ['--dry-run']]) {
      const { code, stderr } = await spl('import', moved, ...more)
      expect([code, to.daemon.store.head()]).toEqual([1, head])
      expect(stderr).toContain('nothing was sent: there is no namespace team, team/ops there')
      expect(stderr).toContain('spl namespace create team && spl namespace create team/ops')
    }
    for (const name of ['team', 'team/ops'])
      expect((await spl('namespace', 'create', name)).code).toBe(0)
    expect((await spl('import', moved)).code).toBe(0)
    expect(to.daemon.store.namespaceOf('th_1')).toBe('team/ops')
  })

  test.each([
    ['only what came later', (cursor: string) => ['--since', cursor]],
    [
      'only one thread, from its middle',
      (cursor: string) => ['--thread', 'th_1', '--since', cursor],
    ],
  ])(
    'puts a thread where it was, though its beginning is not in the file: %s',
    async (_, which) => {
      await using team = await aDaemon()
      await team.post('/v1/namespaces', { name: 'team' })
      for (const n of [1, 2]) {
        await team.post(
          '/v1/records',
          aDraft({ thread: `th_${n}`, body: { n, namespace: 'team' } }),
        )
      }
      const cursor = team.daemon.store.cursorAt(team.daemon.store.head())
      await team.post('/v1/records', aDraft({ thread: 'th_1', body: { later: true } }))
      const news = join(folder.path, 'news.ndjson')
      const made = await runHere(['export', '-o', news, ...which(cursor)], {
        home: team.daemon.home.root,
      })
      expect(made.code).toBe(0)
      // One home after the other: what they hold together decides nothing.
      await to.post('/v1/namespaces', { name: 'team' })
      expect((await spl('import', news)).code).toBe(0)
      expect(to.daemon.store.namespaceOf('th_1')).toBe('team')
      expect(to.daemon.store.namespaceOf('th_2')).toBeUndefined()
    },
  )

  test('refuses a thread that this home has in another namespace, and takes in the others', async () => {
    await using team = await aDaemon()
    await team.post('/v1/namespaces', { name: 'team' })
    await team.post('/v1/records', aDraft({ thread: 'th_1', body: { namespace: 'team' } }))
    await team.post('/v1/records', aDraft({ thread: 'th_1', body: { later: true } }))
    await team.post('/v1/records', aDraft({ thread: 'th_2', body: { n: 2 } }))
    const moved = join(folder.path, 'team.ndjson')
    await runHere(['export', '-o', moved], { home: team.daemon.home.root })
    await to.post('/v1/namespaces', { name: 'team' })
    await to.post('/v1/records', aDraft({ thread: 'th_1', body: { mine: true } }))
    const { code, stderr } = await spl('import', moved)
    expect(code).toBe(1)
    expect(stderr).toContain('The thread th_1 is in the namespace default, and stays there')
    expect(stderr).toContain('1 accepted, 0 there already, 2 refused')
    expect(to.daemon.store.namespaceOf('th_1')).toBe('default')
  })

  test('leaves a home that starts again, though its newest records are by another', async () => {
    await using kept = aKeptHome()
    await kept.start()
    const { code } = await runHere(['import', file], { home: kept.path })
    expect(code).toBe(0)
    await kept.stop()
    await kept.start()
    expect(kept.daemon().store.head()).toBe(902)
    const verified = await runHere(['verify'], { home: kept.path })
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('all intact')])
  })

  test('gives another home the same ids, origins, signatures and order', async () => {
    const { code, stderr } = await spl('import', file)
    expect(stderr).toContain('900 accepted, 0 there already, 0 refused')
    expect(code).toBe(0)
    expect(await everything(to)).toEqual(records)
    expect(records[0]?.origin).toBe(from.daemon.identity.did)
    const verified = await spl('verify')
    expect(verified.code).toBe(0)
  })

  test('repeated finds everything there already', async () => {
    await spl('import', file)
    const { code, stdout } = await spl('import', file, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      object: 'import',
      status: 'complete',
      whole: true,
      exporter: from.daemon.identity.did,
      records: 900,
      accepted: 0,
      duplicate: 900,
      rejected: 0,
      rejected_lines: [],
      faults: [],
    })
    expect(await everything(to)).toEqual(records)
  })

  test('leaves nothing in the home once it is done', async () => {
    await spl('import', file)
    const { home } = to.daemon
    const kept = existsSync(join(home.root, 'imports')) ? statSync(join(home.root, 'imports')) : 0
    expect(kept === 0 || kept.nlink === 2).toBe(true)
  })

  test('with --dry-run says what would become of each record, and writes nothing', async () => {
    const first = await spl('import', file, '--dry-run')
    expect([first.code, first.stderr]).toEqual([
      0,
      expect.stringContaining(
        '900 would be accepted, 0 there already, 0 would be refused',
      ) as string,
    ])
    expect(await everything(to)).toEqual([])
    await spl('import', file)
    expect((await spl('import', file, '--dry-run')).stderr).toContain('0 would be accepted, 900')
  })

  test('takes neither settings nor accounts of another home', async () => {
    const home = from.daemon.home.root
    await runHere(['config', 'set', 'auth_cors_origins', 'https://evil.example'], { home })
    await runHere(['export', '--all', '--force', '-o', file], { home })
    const { code, stderr } = await spl('import', file)
    expect(code).toBe(1)
    expect(stderr).toContain('[THREAD_RESERVED]')
    expect(stderr).toContain('[IMPORT_INCOMPLETE]')
    expect((await spl('config', 'get', 'auth_cors_origins')).stdout).not.toContain('evil')
    expect((await everything(to)).map(({ id }) => id)).toEqual(records.map(({ id }) => id))
    const theirs = await to.get('/v1/service-accounts')
    expect(((await theirs.json()) as { data: unknown[] }).data).toHaveLength(1)
  })

  test('takes an export from stdin, each part as it comes', async () => {
    const where = { home: to.daemon.home.root }
    const { code, stderr } = await splWithInput(['import', '-'], readFileSync(file, 'utf8'), where)
    expect([code, stderr]).toEqual([0, expect.stringContaining('900 accepted')])
    expect(await everything(to)).toEqual(records)
  })

  test('judges the end of stdin at the end: what is whole before it is in', async () => {
    const text = readFileSync(file, 'utf8')
    const lines = text.split('\n')
    const cut = lines.findIndex((line) => line.startsWith('{"object":"export_part"')) + 5
    const where = { home: to.daemon.home.root }
    const { code, stderr } = await splWithInput(
      ['import', '-'],
      lines.slice(0, cut).join('\n'),
      where,
    )
    expect([code, stderr]).toEqual([1, expect.stringContaining('[FILE_CUT]')])
    const there = await everything(to)
    expect(there.length).toBeGreaterThan(0)
    expect(there).toEqual(records.slice(0, there.length))
    // The whole file brings the rest.
    expect((await spl('import', file)).code).toBe(0)
    expect((await everything(to)).map(({ id }) => id).toSorted()).toEqual(
      records.map(({ id }) => id).toSorted(),
    )
  })

  test('works through the port, with a token that may bring records of others', async () => {
    using elsewhere = aHome()
    const token = await to.tokenWith('records:write', 'federation:manage')
    const env = { SPL_SERVE_URL: to.base, SPL_TOKEN: token }
    const { code } = await runHere(['import', file], { home: elsewhere.path, env })
    expect(code).toBe(0)
    expect(await everything(to)).toEqual(records)
  })

  test('without that right changes nothing, and says which is missing', async () => {
    using elsewhere = aHome()
    const env = { SPL_SERVE_URL: to.base, SPL_TOKEN: await to.tokenWith('records:write') }
    const { code, stderr } = await runHere(['import', file], { home: elsewhere.path, env })
    expect([code, stderr]).toEqual([4, expect.stringContaining('federation:manage')])
    expect(await everything(to)).toEqual([])
  })

  test.each([
    ['no file', '/nowhere/at/all', 'FILE_NOT_READABLE'],
    ['a directory', '/', 'FILE_NOT_READABLE'],
  ])('says what it cannot read: %s', async (_what, path, code) => {
    const run = await spl('import', path)
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining(`[${code}]`)])
  })
})
