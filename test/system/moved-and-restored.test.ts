import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { foreignHome } from '../support/bulk/signed-lines.ts'
import { linesOf, postLines } from '../support/bulk/post-lines.ts'
import { runSpl } from '../support/cli/run-spl.ts'
import { aDaemon, aDraft, aHome } from '../support/daemon/a-daemon.ts'
import { aRealHome, type RealHome } from '../support/daemon/a-real-home.ts'

interface SeenRecord {
  readonly id: string
  readonly record: { readonly thread: string }
  readonly origin: string
  readonly sig: string
}

/** How a daemon is asked: at home, or through the gateway. */
type Ask = (path: string, bearer?: string) => Promise<Response>

const THREADS = 7
const RECORDS = 300

/** Records of this home and of another one, in turns, and a fork: two records with one clock. */
async function fill(home: RealHome, foreign: ReturnType<typeof foreignHome>): Promise<void> {
  const base = `http://127.0.0.1:${home.daemon().addresses.tcp.port}`
  const lines = Array.from({ length: RECORDS }, (_, n) => {
    const body = { n, text: `tea ${'é'.repeat(n % 50)}` }
    const draft = aDraft({ thread: `th_${n % THREADS}`, clock: n, body })
    return n % 2 === 0 ? draft : foreign.sign(draft)
  })
  const fork = foreign.sign(aDraft({ thread: 'th_0', clock: 0, body: { fork: true } }))
  const { summary } = await postLines({ base, bearer: home.bearer }, linesOf([...lines, fork]))
  expect(summary).toMatchObject({ accepted: RECORDS + 1, rejected: 0 })
}

async function recordsOf(ask: Ask, query = ''): Promise<readonly SeenRecord[]> {
  const answer = await ask(`/v1/sync/changes?limit=10000${query}`)
  const page = (await answer.json()) as {
    readonly records: readonly SeenRecord[]
    readonly has_more: boolean
  }
  expect(page.has_more).toBe(false)
  return page.records
}

/** Without the daemon's own threads: an export leaves them out, unless it is asked for them. */
function withoutOwn(records: readonly SeenRecord[]): readonly SeenRecord[] {
  return records.filter(({ record }) => /^th_\d$/u.test(record.thread))
}

/** What each thread has, in its order: whole lines, with id, origin and signature. */
function byThread(records: readonly SeenRecord[]): Readonly<Record<string, readonly string[]>> {
  const threads: Record<string, string[]> = {}
  for (const seen of records) (threads[seen.record.thread] ??= []).push(JSON.stringify(seen))
  return threads
}

function wipe(home: string, ...kept: readonly string[]): void {
  for (const name of readdirSync(home))
    if (!kept.includes(name)) rmSync(join(home, name), { recursive: true })
}

async function spl(home: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runSpl(args, { home })
  expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, expect.any(String)])
  return stdout
}

test('what was exported is the same in another home after the first one is wiped: ids, origins, signatures and order', async () => {
  using folder = aHome()
  const file = join(folder.path, 'records')
  const foreign = foreignHome()
  let before: readonly SeenRecord[]
  {
    await using home = await aRealHome()
    await fill(home, foreign)
    before = withoutOwn(await recordsOf((path) => home.ask(path)))
    await spl(home.daemon().home.root, 'export', '-o', file)
    await home.daemon().stop()
    wipe(home.daemon().home.root)
  }
  expect(before).toHaveLength(RECORDS + 1)
  await using other = await aDaemon()
  await spl(other.daemon.home.root, 'import', file)
  const after = withoutOwn(await recordsOf((path) => other.get(path)))
  expect(byThread(after)).toEqual(byThread(before))
  expect(after).toEqual(before)
  expect(new Set(after.map(({ origin }) => origin)).size).toBe(2)
  expect(other.daemon.identity.did).not.toBe(before[0]?.origin)
  await spl(other.daemon.home.root, 'verify')
})

test('what was backed up is the same after the store is wiped and restored, with settings, accounts and bearers, also from outside', async () => {
  using folder = aHome()
  await using home = await aRealHome()
  const { root } = home.daemon().home
  await fill(home, foreignHome())
  await spl(root, 'namespace', 'create', 'team')
  await spl(root, 'config', 'set', 'token_burst', '77')
  await spl(root, 'config', 'set', 'auth_cors_origins', 'https://app.example.com')
  const mint = async (name: string, ...reach: readonly string[]) => {
    const out = join(folder.path, name)
    const options = ['--name', name, '--scopes', 'records:read', '--out', out, ...reach]
    const made = await spl(root, 'service-account', 'create', ...options, '--json')
    const { id } = JSON.parse(made) as { readonly id: string }
    return { id, token: readFileSync(out, 'utf8').trim() }
  }
  const reader = await mint('reader')
  const narrow = await mint('narrow', '--reach', 'th_3')
  const ended = await mint('ended')
  await spl(root, 'service-account', 'revoke', ended.id)
  const bearers = [home.bearer, reader.token, narrow.token]

  /** All that a restore must give back, as it is asked for from outside. */
  async function content(): Promise<unknown> {
    const read = async (path: string) => (await home.ask(path)).json() as Promise<object>
    const { settings } = (await read('/v1/config')) as { settings: unknown }
    const { data: accounts } = (await read('/v1/service-accounts')) as { data: unknown }
    const { data: tokens } = (await read('/v1/tokens')) as { data: object[] }
    const { data: namespaces } = (await read('/v1/namespaces')) as { data: unknown }
    const seen = bearers.map(async (bearer) => {
      const headers = { authorization: `Bearer ${bearer}` }
      return await recordsOf((path) => home.ask(path, { headers }))
    })
    return {
      settings,
      accounts,
      // When a token was used last changes with every request.
      tokens: tokens.map((token) => ({ ...token, last_used_at: null })),
      namespaces,
      seen: await Promise.all(seen),
    }
  }

  const before = await content()
  const threads = byThread(await recordsOf((path) => home.ask(path)))
  await spl(root, 'backup', 'create')
  await home.daemon().stop()
  wipe(root, 'keys', 'backups')
  await spl(root, 'restore')
  await home.startDaemon()
  expect(byThread(await recordsOf((path) => home.ask(path)))).toEqual(threads)
  expect(await content()).toEqual(before)
  const headers = { authorization: `Bearer ${ended.token}` }
  expect((await home.ask('/v1/identity', { headers })).status).toBe(401)
  const draft = { thread: 'th_0', act: 'DO', body: { text: 'afterwards' } }
  const written = await home.ask('/v1/records', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(draft),
  })
  expect(written.status).toBe(201)
  await spl(root, 'verify')
})
