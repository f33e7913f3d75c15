import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pino } from 'pino'
import { homeAt } from '../../local-daemon/home/home.ts'
import { startDaemon } from '../../local-daemon/daemon.ts'
import { aHomeWithIdentity, type HomeWithIdentity } from '../support/daemon/a-home-with-identity.ts'
import { allowLoad } from '../support/allow-load.ts'
import { ask } from '../support/clients/ask.ts'
import { startOnWorkerd, type GatewayUnderTest } from '../support/gateway/gateway-under-test.ts'
import { until } from '../support/until.ts'
import { openLoop, type OpenLoop } from './open-loop.ts'
import { runSpl } from '../support/cli/run-spl.ts'

/** A hundred of them take some minutes. */
const RESTARTS = Number(process.env['SPL_RESTARTS'] ?? 2)
const GETS_PER_SECOND = 50
const POSTS_PER_SECOND = 20
/** What says that nobody knows: the only such answer, for a request that home had begun. */
const UNKNOWN = '502 TUNNEL_INTERRUPTED'
const DONE = new Set(['200', '201'])

let home: HomeWithIdentity
let gateway: GatewayUnderTest
let authorization: readonly [string, string]

const spl = async (...args: string[]) => {
  const run = await runSpl([...args, '--json'], { home: home.path })
  expect([run.code, run.stderr]).toEqual([0, expect.anything()])
}

beforeAll(async () => {
  home = aHomeWithIdentity()
  gateway = await startOnWorkerd({ ownerDid: home.ownerDid })
  const daemon = await startDaemon({ home: home.path, port: 0, logger: pino({ level: 'silent' }) })
  authorization = ['authorization', `Bearer ${daemon.adminBearer}`]
  await allowLoad(daemon)
  await daemon.stop()
  await spl('serve', '--daemon', '--port', '0', '--gateway', gateway.origin)
})
afterAll(async () => {
  await runSpl(['serve', '--stop'], { home: home.path })
  await gateway[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

/** What became of one request: its status, and its code where it failed. */
interface Told {
  readonly key: string
  readonly kind: 'GET' | 'POST' | 'POST with a key'
  said: string
}

function aLoad(port: number) {
  const told: Told[] = []
  const traffic = { underWay: 0 }
  async function send(kind: Told['kind']): Promise<void> {
    const key = `n${told.length}`
    const one: Told = { key, kind, said: 'none' }
    told.push(one)
    const body = JSON.stringify({ thread: 'th_tea', act: 'DO', body: { key } })
    const answer = await ask(
      { port, traffic },
      kind === 'GET'
        ? { path: '/v1/threads?limit=10', headers: [authorization] }
        : {
            method: 'POST',
            path: '/v1/records',
            body,
            headers: [
              authorization,
              ['content-type', 'application/json'],
              ['content-length', String(body.length)],
              ...(kind === 'POST' ? [] : [['idempotency-key', key] as const]),
            ],
          },
    ).catch((error: Error) => error)
    if (answer instanceof Error) one.said = `no answer: ${answer.message}`
    else one.said = DONE.has(String(answer.status)) ? String(answer.status) : saidBy(answer)
  }
  const gets = openLoop(GETS_PER_SECOND, () => void send('GET'))
  const posts = openLoop(
    POSTS_PER_SECOND,
    (index) => void send(index % 2 === 0 ? 'POST' : 'POST with a key'),
  )
  const rateOf = ({ count, seconds }: OpenLoop) => count / seconds
  return {
    told,
    /** Begun for each second. */
    get rates() {
      return { gets: rateOf(gets), posts: rateOf(posts) }
    },
    get latestMs() {
      return Math.max(gets.latestMs, posts.latestMs)
    },
    async stop() {
      for (const loop of [gets, posts]) loop.stop()
      await until('all are answered', () => traffic.underWay === 0, 25_000)
    },
  }
}

function saidBy({ status, text }: { readonly status: number; readonly text: string }): string {
  return `${status} ${/"code":"([A-Z_]+)"/.exec(text)?.[1] ?? text.slice(0, 100)}`
}

/** How often each key is stored. */
function stored(path: string): ReadonlyMap<string, number> {
  const database = new Database(path, { readonly: true })
  try {
    const rows = database
      .prepare(
        `SELECT json_extract(raw, '$.body.key') AS key, count(*) AS count FROM records
         WHERE thread = (SELECT first_seq FROM threads WHERE thread = 'th_tea') GROUP BY key`,
      )
      .all() as { readonly key: string; readonly count: number }[]
    return new Map(rows.map(({ key, count }) => [key, count]))
  } finally {
    database.close()
  }
}

test(
  `${RESTARTS} restarts fail none of fifty GETs and twenty POSTs a second, and what is told is what is stored`,
  { timeout: 60_000 + RESTARTS * 15_000 },
  async () => {
    const reach = async () => {
      const side = { port: gateway.port, traffic: { underWay: 0 } }
      const sending = { path: '/v1/threads?limit=10', headers: [authorization] }
      return (await ask(side, sending).catch(() => undefined))?.status === 200
    }
    await until('home answers', reach)
    const load = aLoad(gateway.port)
    for (let times = 0; times < RESTARTS; times += 1) {
      await sleep(700)
      await spl('serve', '--restart')
    }
    await sleep(1_000)
    await load.stop()
    await runSpl(['serve', '--stop'], { home: home.path })

    const counts = new Map<string, number>()
    for (const { kind, said } of load.told)
      counts.set(`${kind}: ${said}`, (counts.get(`${kind}: ${said}`) ?? 0) + 1)
    const { gets, posts: postRate } = load.rates
    if (process.env['SPL_TABLES'] !== undefined)
      process.stdout.write(
        `${RESTARTS} restarts, ${gets.toFixed(1)} GETs and ${postRate.toFixed(1)} POSTs a second, ` +
          `begun at most ${Math.round(load.latestMs)} ms late: ${JSON.stringify(Object.fromEntries(counts))}\n`,
      )
    expect(gets).toBeGreaterThan(GETS_PER_SECOND * 0.95)
    expect(postRate).toBeGreaterThan(POSTS_PER_SECOND * 0.95)
    const store = stored(homeAt(home.path).database)
    const posts = load.told.filter(({ kind }) => kind !== 'GET')
    const countOf = ({ key }: Told) => store.get(key) ?? 0
    // Told of success: stored, once. Told otherwise: not stored. Only what home had begun may be unknown.
    expect(posts.filter((one) => DONE.has(one.said) && countOf(one) !== 1)).toEqual([])
    expect(
      posts.filter((one) => !DONE.has(one.said) && one.said !== UNKNOWN && countOf(one) !== 0),
    ).toEqual([])
    expect(posts.filter((one) => countOf(one) > 1)).toEqual([])
    // A restart lets home finish what it has begun: nothing fails at all, and nothing is unknown.
    expect(load.told.filter(({ said }) => !DONE.has(said))).toEqual([])
    expect(posts.length).toBeGreaterThan(RESTARTS * POSTS_PER_SECOND)
    expect([...store.keys()].filter((key) => !posts.some((one) => one.key === key))).toEqual([])
  },
)
