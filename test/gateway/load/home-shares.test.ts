import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACCESS_LIMITS } from '../../../local-daemon/access/limits.ts'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { overSocket } from '../../support/daemon/a-daemon.ts'
import { EventReader } from '../../support/clients/events.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import { send } from '../../support/clients/send.ts'
import { subscribe } from '../../support/clients/subscriber.ts'
import { settled, until } from '../../support/until.ts'

/** How soon the owner must be answered, whatever the others do, milliseconds. */
const SOON_MS = 1_000
const GET = '/v1/threads?limit=10'

let home: RealHome
let local: string
const measured: string[] = []

beforeAll(async () => {
  home = await aRealHome({ limits: { subscribersBytes: LIMITS.subscriberBytes } })
  local = `http://127.0.0.1:${home.daemon().addresses.tcp.port}`
})
afterAll(async () => {
  if (process.env['SPL_TABLES'] !== undefined) process.stdout.write(`${measured.join('\n')}\n`)
  await home[Symbol.asyncDispose]()
})

/** The owner's GET by each way that is open while loopback is full. */
async function ownerIsServed(limit: string, whom: string): Promise<void> {
  const ways = {
    'by the Unix socket': () => overSocket(home.daemon().addresses.socket, GET),
    'by the tunnel': () => home.ask(GET),
  }
  for (const [way, get] of Object.entries(ways)) {
    const took: number[] = []
    for (let times = 0; times < 3; times += 1) {
      const from = performance.now()
      expect([way, (await get()).status]).toEqual([way, 200])
      took.push(performance.now() - from)
    }
    const ms = Math.max(...took)
    measured.push(`| ${limit} | ${whom}; ${way} | 200 | ${ms.toFixed(0)} ms |`)
    expect([way, ms < SOON_MS]).toEqual([way, true])
  }
}

/** Over HTTP: its answer comes once the gateway knows the token. */
async function aToken(name: string): Promise<string> {
  const answer = await home.ask('/v1/service-accounts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, scopes: ['records:read'], with_token: true }),
  })
  const { minted } = (await answer.json()) as { readonly minted: { readonly token: string } }
  return minted.token
}

/** Connections to loopback, which say this and then nothing. */
async function silent(count: number, bytes: string) {
  const { port } = home.daemon().addresses.tcp
  const sockets: Socket[] = []
  // No more at once than the kernel lets wait for a listener.
  while (sockets.length < count) {
    const length = Math.min(100, count - sockets.length)
    const some = Array.from({ length }, () => connect(port, '127.0.0.1'))
    for (const socket of some) socket.on('error', () => {}).resume()
    await Promise.all(some.map((socket) => once(socket, 'connect')))
    sockets.push(...some)
  }
  for (const socket of sockets) socket.write(bytes)
  const open = () => sockets.filter(({ closed }) => !closed).length
  await until('those beyond the bound are closed', () => open() <= HTTP_LIMITS.connections)
  await settled(open)
  return { open, leave: () => sockets.map((socket) => socket.resetAndDestroy()) }
}

describe('the connections of loopback', () => {
  /** On a connection of its own, which is closed again. */
  const loopbackServes = async () => {
    const { port } = home.daemon().addresses.tcp
    return (await send(port, { path: '/health' }).catch(() => undefined))?.status === 200
  }

  test('by long polls of one token: those beyond are closed, the owner has the Unix socket and the tunnel', async () => {
    const head = [
      'GET /v1/sync/changes?thread=th_none&feed=longpoll HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${await aToken('poller')}`,
      '',
      '',
    ]
    const polls = await silent(HTTP_LIMITS.connections + 6, head.join('\r\n'))
    expect(polls.open()).toBe(HTTP_LIMITS.connections)
    await ownerIsServed('connections', 'a token, 1030 long polls on loopback')
    polls.leave()
    await until('loopback serves', loopbackServes)
  })

  test('by clients that say nothing: those beyond are closed, the owner has the Unix socket and the tunnel', async () => {
    const mute = await silent(HTTP_LIMITS.connections + 6, '')
    expect(mute.open()).toBe(HTTP_LIMITS.connections)
    await ownerIsServed('connections', 'clients of loopback that say nothing')
    mute.leave()
    await until('loopback serves', loopbackServes)
  })
})

test('the tickets are not taken by sixty accounts together: the owner still gets one', async () => {
  const { tickets, ticketsOfAccount } = ACCESS_LIMITS
  const forOthers = tickets - Math.floor(tickets / LIMITS.ownerReserve)
  const issue = (bearer: string) =>
    fetch(`${local}/v1/stream-tickets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ path: '/v1/sync/subscribe' }),
    })
  const accounts = Math.ceil(forOthers / ticketsOfAccount) + 1
  const names = Array.from({ length: accounts }, (_, account) => `page-${account}`)
  const got: number[] = []
  for (const token of await Promise.all(names.map(aToken))) {
    const answers = Array.from({ length: ticketsOfAccount }, () => issue(token))
    for (const { status } of await Promise.all(answers)) got.push(status)
  }
  expect(got.filter((status) => status === 429).length).toBe(
    accounts * ticketsOfAccount - forOthers,
  )
  const from = performance.now()
  const { status } = await issue(home.bearer)
  const ms = performance.now() - from
  expect([status, ms < SOON_MS]).toEqual([201, true])
  measured.push(
    `| tickets, ticketsOfAccount | ${accounts} accounts | ${status} | ${ms.toFixed(0)} ms |`,
  )
  await ownerIsServed('tickets', `${accounts} accounts`)
})

test('what slow readers of events have not taken: they leave, the owner is served, and other readers go on', async () => {
  const reader = await aToken('slow')
  const headers = { authorization: `Bearer ${reader}` }
  const slow = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const answer = await home.ask('/v1/sync/subscribe?thread=th_slow', { headers })
      expect(answer.status).toBe(200)
      return new EventReader(answer)
    }),
  )
  const other = await subscribe(home, '/v1/sync/subscribe?thread=th_other')
  const followers = () => home.daemon().tunnel?.status.subscribers
  await until('all follow', () => followers() === slow.length + 1)
  // The kernel and the runtime hold much for one that does not read, and only then does the pool.
  for (let count = 0; count < 1_000 && followers() !== 1; count += 1)
    await home.append('th_slow', 50_000)
  await until('none of the slow ones follows any more', () => followers() === 1)
  await ownerIsServed('subscribersBytes', 'a token, 4 event streams that nobody reads')
  const from = performance.now()
  const id = await home.append('th_other')
  await until('the other has the record', () => other.ids.at(-1) === id)
  expect(performance.now() - from).toBeLessThan(SOON_MS)
  for (const one of slow) await one.cancel()
  await other.leave()
})
