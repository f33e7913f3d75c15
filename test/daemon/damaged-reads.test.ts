import { readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { DAEMON_LIMITS } from '../../local-daemon/config/limits.ts'
import { IndexCensus } from '../../local-daemon/store/index-census.ts'
import { aStore } from './a-store.ts'
import { aKeptHome } from './a-kept-home.ts'
import { EventReader, type SeenEvent } from './events.ts'
import { aDraft, overSocket } from './a-daemon.ts'
import { POST } from './store-answers.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const PAGE = 8192
/** A stopped home with some pages of records, and the cursor of who has seen ten of them. */
async function someRecords(at: KeptHome): Promise<{ ids: readonly string[]; cursor: string }> {
  await at.start()
  await at.append(8)
  const cursor = await at.cursor()
  const { store } = at.daemon()
  const drafts = Array.from({ length: 150 }, (_, n) =>
    aDraft({ body: { text: `needle-${n}-${'x'.repeat(300)}`, n } }),
  )
  const appended = await Promise.all(drafts.map((draft) => store.append(draft)))
  const ids = appended.map(({ record }) => record.id)
  await at.stop()
  return { ids, cursor }
}

/** Takes two entries from a leaf of a tree, by the one byte that counts them: SQLite reads on without an error. */
function loseEntries(at: KeptHome, tree: string): void {
  const database = new Database(at.database, { readonly: true })
  const pages = database
    .prepare<[string], number>(
      `SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' AND ncell > 4 ORDER BY pageno`,
    )
    .pluck()
    .all(tree)
  database.close()
  const page = pages[Math.floor(pages.length / 2)] ?? 0
  const file = readFileSync(at.database)
  const place = (page - 1) * PAGE + 4
  file[place] = (file[place] ?? 0) - 2
  writeFileSync(at.database, file)
}

function flip(at: KeptHome, text: string): void {
  const file = readFileSync(at.database)
  const place = file.indexOf(text)
  file[place] = (file[place] ?? 0) ^ 1
  writeFileSync(at.database, file)
}

interface List {
  readonly records?: readonly { readonly id: string }[]
  readonly data?: readonly { readonly id: string }[]
  readonly has_more: boolean
  readonly next_cursor: string
  readonly code?: string
  readonly try?: string
}

async function list(at: KeptHome, path: string): Promise<List> {
  return (await (await at.ask(path)).json()) as List
}

/** What a stream brings until its end, or until it is live. */
async function streamed(at: KeptHome, path: string): Promise<readonly SeenEvent[]> {
  const answer = await at.ask(path)
  expect(answer.status).toBe(200)
  const events = new EventReader(answer)
  const seen: SeenEvent[] = []
  for (let next = await events.next(); next !== undefined; next = await events.next()) {
    seen.push(next)
    if ('event' in next && next.event === 'ready') break
  }
  await events.cancel()
  return seen
}

function namesOf(seen: readonly SeenEvent[]): readonly string[] {
  return seen.flatMap((one) => ('event' in one ? [one.event] : []))
}

function dataOf(seen: SeenEvent | undefined): List {
  return JSON.parse(seen !== undefined && 'data' in seen ? seen.data : '{}') as List
}

/** The messages of a WebSocket until it is closed, and how. */
function messages(at: KeptHome, path: string): Promise<{ last: string; close: string }> {
  const { port } = at.daemon().addresses.tcp
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Bearer ${at.bearer()}` },
  })
  let last = ''
  socket.on('message', (data: Buffer) => (last = data.toString()))
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', (code, reason) => resolve({ last, close: `${code} ${reason.toString()}` }))
  })
}

describe('a tree of the file that has lost entries without an error of SQLite', () => {
  it('is noticed by whoever follows the log: what comes before is given, and nothing is passed over', async () => {
    await using at = aKeptHome()
    const { cursor } = await someRecords(at)
    loseEntries(at, 'records')
    await at.start()
    const first = await list(at, `/v1/sync/changes?since=${cursor}`)
    const count = first.records?.length ?? 0
    expect([first.has_more, count > 0, count < 150]).toEqual([true, true, true])
    const again = await list(at, `/v1/sync/changes?since=${first.next_cursor}`)
    expect(again).toMatchObject({ code: 'STORE_DAMAGED', try: expect.stringContaining('since=') })
    const seen = await streamed(at, `/v1/sync/subscribe?since=${cursor}`)
    expect(namesOf(seen).at(-1)).toBe('error')
    expect(namesOf(seen).filter((name) => name === 'record')).toHaveLength(count)
    expect(await at.told('/v1/records', POST)).toBe('500 STORE_DAMAGED')
  })

  it.each([
    ['records_by_thread', '/v1/records?thread=th_test'],
    ['records_by_thread', '/v1/sync/changes?thread=th_test'],
    ['records_by_actor', '/v1/records?actor=did:sync:user:ada'],
    ['records_by_both', '/v1/records?thread=th_test&actor=did:sync:user:ada'],
  ])('is noticed at the start, if it is the index %s of %s', async (index, path) => {
    await using at = aKeptHome()
    const { ids } = await someRecords(at)
    loseEntries(at, index)
    await at.start()
    expect(await at.told(path)).toBe('500 STORE_DAMAGED')
    expect(await at.told('/v1/records', POST)).toBe('500 STORE_DAMAGED')
    const { text } = await overSocket(at.daemon().addresses.socket, '/health')
    expect(JSON.parse(text)).toMatchObject({
      status: 'failing',
      store: { problem: { code: 'STORE_DAMAGED', message: expect.stringContaining(index) } },
    })
    // The log itself is whole.
    expect((await list(at, '/v1/sync/changes')).records).toHaveLength(160)
    expect(await at.told(`/v1/records/${ids[100]}`)).toBe('200')
  })
})

describe('a reader that meets a damaged record', () => {
  it('gets what comes before it, then the error and the way past it, in a list', async () => {
    await using at = aKeptHome()
    const { ids, cursor } = await someRecords(at)
    flip(at, 'needle-120-')
    await at.start()
    const got: string[] = []
    let place = cursor
    for (;;) {
      const page = await list(at, `/v1/sync/changes?since=${place}&limit=1000`)
      if (page.code !== undefined) {
        expect(page).toMatchObject({
          object: 'error',
          code: 'STORE_DAMAGED',
          hop: 'daemon',
          request_id: expect.any(String),
        })
        place = /since=(\S+)/.exec(page.try ?? '')?.[1] ?? ''
        continue
      }
      got.push(...(page.records ?? []).map(({ id }) => id))
      place = page.next_cursor
      if (!page.has_more) break
    }
    expect(got).toEqual(ids.filter((_, n) => n !== 120))
  })

  it.each(['/v1/sync/subscribe', '/v1/sync/changes'])(
    'gets what comes before it, then the error, in the stream of %s',
    async (path) => {
      await using at = aKeptHome()
      const { cursor } = await someRecords(at)
      flip(at, 'needle-120-')
      await at.start()
      const seen = await streamed(
        at,
        `${path}?feed=continuous&since=${cursor}`.replace(
          'subscribe?feed=continuous&',
          'subscribe?',
        ),
      )
      expect(namesOf(seen)).toEqual([...Array.from({ length: 120 }, () => 'record'), 'error'])
      const error = dataOf(seen.at(-1))
      expect(error).toMatchObject({ object: 'error', code: 'STORE_DAMAGED', hop: 'daemon' })
      // A client that comes back by itself is refused: it would be told the same each second.
      const last = seen.findLast((one) => 'event' in one && one.event === 'record')
      const id = last !== undefined && 'id' in last ? String(last.id) : ''
      expect(await at.told('/v1/sync/subscribe', { headers: { 'last-event-id': id } })).toBe(
        '500 STORE_DAMAGED',
      )
      const past = /since=(\S+)/.exec(error.try ?? '')?.[1] ?? ''
      const rest = await streamed(at, `/v1/sync/subscribe?since=${past}`)
      expect(namesOf(rest)).toEqual([...Array.from({ length: 29 }, () => 'record'), 'ready'])
    },
  )

  it('is told by the last message and the close of a WebSocket', async () => {
    await using at = aKeptHome()
    const { cursor } = await someRecords(at)
    flip(at, 'needle-120-')
    await at.start()
    const { last, close } = await messages(at, `/v1/sync/subscribe?since=${cursor}`)
    expect(JSON.parse(last)).toMatchObject({ event: 'error', data: { code: 'STORE_DAMAGED' } })
    expect(close).toBe('4500 STORE_DAMAGED')
  })

  it('is answered with the error as JSON, also where it is the first and a large one', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(3)
    const cursor = await at.cursor()
    await at.append(1, `needle-0-${'y'.repeat(300_000)}`)
    await at.stop()
    flip(at, 'needle-0-')
    await at.start()
    for (const path of [
      '/v1/sync/subscribe',
      '/v1/sync/changes',
      '/v1/sync/changes?feed=longpoll',
    ]) {
      const answer = await at.ask(`${path}${path.includes('?') ? '&' : '?'}since=${cursor}`)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([500, 'application/json'])
      expect(await answer.json()).toMatchObject({
        code: 'STORE_DAMAGED',
        request_id: expect.any(String),
      })
    }
    // After others that are well: the list ends before it.
    const whole = await list(at, '/v1/sync/changes?limit=500')
    expect([whole.records?.length, whole.has_more]).toEqual([5, true])
  })

  it('goes on past a whole page that is ruined, where it decides to', async () => {
    await using at = aKeptHome()
    const { ids, cursor } = await someRecords(at)
    const file = readFileSync(at.database)
    const page = Math.floor(file.indexOf('needle-75-') / PAGE)
    file.fill(0xa5, page * PAGE, (page + 1) * PAGE)
    writeFileSync(at.database, file)
    await at.start()
    const first = await list(at, `/v1/sync/changes?since=${cursor}`)
    const refused = await list(at, `/v1/sync/changes?since=${first.next_cursor}`)
    expect(refused.code).toBe('STORE_DAMAGED')
    const past = /since=(\S+)/.exec(refused.try ?? '')?.[1] ?? ''
    const rest = await list(at, `/v1/sync/changes?since=${past}`)
    const got = [...(first.records ?? []), ...(rest.records ?? [])].map(({ id }) => id)
    expect(rest.has_more).toBe(false)
    expect(got.length).toBeGreaterThan(100)
    expect(got.at(-1)).toBe(ids.at(-1))
  })
})

it('an index of the records is counted each minute, one after the other, and what it misses stays known', () => {
  using at = aStore()
  const database = new Database(at.path, { readonly: true })
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    let head = at.store.head()
    const census = new IndexCensus(database, () => head)
    census.takeAll()
    expect(census.fault).toBeUndefined()
    head += 1
    vi.advanceTimersByTime(DAEMON_LIMITS.storeCensusMs - 1)
    expect([census.takeDue(), census.fault]).toEqual([false, undefined])
    vi.advanceTimersByTime(1)
    expect([census.takeDue(), census.fault]).toEqual([
      true,
      `records_by_thread holds ${head - 1} of ${head} records`,
    ])
    vi.advanceTimersByTime(DAEMON_LIMITS.storeCensusMs)
    expect([census.takeDue(), census.fault !== undefined]).toEqual([false, true])
  } finally {
    vi.useRealTimers()
    database.close()
  }
})
