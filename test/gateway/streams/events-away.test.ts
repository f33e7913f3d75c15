import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { shareOfOne } from '../../../protocol/multiplexer/shares.ts'
import { EventReader } from '../../support/clients/events.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { aStage } from '../../support/gateway/stage.ts'
import { anIdentity, bearerBy } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

const FEED = '/v1/sync/subscribe?thread=th_away'
const CONTINUOUS = '/v1/sync/changes?thread=th_away&feed=continuous'

let home: RealHome
let narrow: string
let revoked: string
beforeAll(async () => {
  home = await aRealHome({ movableClock: true })
  const { accounts } = home.daemon().access
  narrow = (await accounts.createWithToken({ name: 'narrow', scopes: ['config:read'] }, null)).token
  const reader = { name: 'reader', scopes: ['records:read'] } as const
  const { token, account } = await accounts.createWithToken(reader, null)
  revoked = token
  await accounts.revokeAccount(account, null)
  await home.append('th_away')
})
afterAll(() => home[Symbol.asyncDispose]())

const state = () => home.daemon().tunnel?.status.state

async function homeLeaves(): Promise<void> {
  home.link.close()
  home.link.cut()
  await until('home is away', () => state() !== 'connected')
  // The gateway has seen the end of it as well: a plain request is told so, or held.
  await setGatewayClock(home.gateway.port, 2 * LIMITS.parkAwayMs)
  await until('the gateway knows', async () => (await home.ask('/v1/threads')).status === 503)
}

async function homeReturns(): Promise<void> {
  home.link.open()
  await until('home is back', () => state() === 'connected')
}

beforeEach(async () => {
  await setGatewayClock(home.gateway.port, 0)
  await homeReturns()
})

/** The answer, its head at once; the time that took, milliseconds. */
async function openStream(path: string, headers: Record<string, string> = {}) {
  const before = performance.now()
  const answer = await home.ask(path, { headers })
  return { answer, tookMs: performance.now() - before, events: new EventReader(answer) }
}

async function aTicket(path: string): Promise<string> {
  const answer = await home.ask('/v1/stream-tickets', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path }),
  })
  return ((await answer.json()) as { ticket: string }).ticket
}

describe('an event stream that is asked for while home is away', () => {
  test.for([FEED, CONTINUOUS])(
    'is answered at once, and begins when it is back: %s',
    async (path) => {
      await homeLeaves()
      const { answer, tookMs, events } = await openStream(path)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        'text/event-stream',
      ])
      expect(tookMs).toBeLessThan(2_000)
      expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/)
      expect(answer.headers.get('x-spl-wait')).toBeNull()
      expect(await events.next()).toEqual({ comment: 'waiting for home' })
      await homeReturns()
      const names = (await events.upTo('ready')).flatMap((seen) =>
        'event' in seen ? [seen.event] : [],
      )
      expect(names).toEqual(['record', 'ready'])
      await events.cancel()
    },
  )

  test('begins behind the event that its client names', async () => {
    const first = await openStream(FEED)
    const [record] = (await first.events.upTo('record')).filter((seen) => 'event' in seen)
    await first.events.cancel()
    await homeLeaves()
    const id = record !== undefined && 'id' in record ? (record.id ?? '') : ''
    const { events } = await openStream(FEED, { 'last-event-id': id })
    await homeReturns()
    const seen = await events.upTo('ready')
    expect(seen.some((one) => 'event' in one && one.event === 'record')).toBe(false)
    await events.cancel()
  })

  test('can be opened by a ticket, which is used up when the stream begins', async () => {
    const ticket = await aTicket('/v1/sync/subscribe')
    await homeLeaves()
    const url = `${home.gateway.origin}${FEED}&ticket=${ticket}`
    await setGatewayClock(home.gateway.port, 0)
    const answer = await fetch(url)
    expect(answer.status).toBe(200)
    const events = new EventReader(answer)
    await homeReturns()
    await events.upTo('ready')
    expect((await fetch(url)).status).toBe(401)
    await events.cancel()
  })

  test('is told as its last event why home refuses it', async () => {
    await homeLeaves()
    const { answer, events } = await openStream(`${FEED}&since=nonsense`)
    expect(answer.status).toBe(200)
    await homeReturns()
    const [last] = (await events.rest()).slice(-1)
    expect([last?.event, JSON.parse(last?.data ?? '')]).toMatchObject([
      'error',
      { code: 'INVALID_CURSOR', hop: 'daemon' },
    ])
  })

  test('ends after five minutes, with the time after which to ask again', async () => {
    await homeLeaves()
    const answer = await home.ask(FEED)
    await setGatewayClock(home.gateway.port, 2 * LIMITS.parkAwayMs + LIMITS.streamHoldMs + 1_000)
    expect(await answer.text()).toMatch(/^: waiting for home\nretry: [2-6]\d{3}\n$/)
  })

  test('is refused if its bearer or ticket is not valid', async () => {
    await homeLeaves()
    const forged = bearerBy(anIdentity(), 'sa_0n0b0dy0000')
    const shown: readonly (readonly [string, string | undefined])[] = [
      [FEED, 'x'],
      [FEED, forged],
      [FEED, revoked],
      [FEED, narrow],
      [`${FEED}&ticket=spt_x`, undefined],
      [FEED, undefined],
    ]
    const outcomes = shown.map(async ([path, bearer]) => {
      const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
      const answer = await fetch(home.gateway.origin + path, { headers })
      return `${answer.status} ${((await answer.json()) as { code: string }).code}`
    })
    expect(await Promise.all(outcomes)).toEqual([
      '401 AUTH_INVALID',
      '401 AUTH_INVALID',
      '401 AUTH_INVALID',
      '403 SCOPE_FORBIDDEN',
      '401 AUTH_INVALID',
      '401 AUTH_REQUIRED',
    ])
  })

  test('leaves a program that asks for something else its 503', async () => {
    await homeLeaves()
    const answer = await home.ask('/v1/sync/changes?thread=th_away')
    expect([answer.status, answer.headers.get('x-spl-wait')]).toEqual([503, null])
  })
})

test('an event stream waits for a free slot where another request is told that the tunnel is busy', async () => {
  await using full = await aStage(startOnWorkerd)
  const share = shareOfOne(LIMITS.concurrentStreams)
  const finish: (() => void)[] = []
  full.app.answer(
    '/slow',
    () => new Promise((resolve) => finish.push(() => resolve(new Response('done')))),
  )
  const begins = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('id: 1\ndata: a\n\n'))
      finish.push(() => setTimeout(() => controller.close(), 3_000))
    },
  })
  full.app.answer(
    '/v1/sync/subscribe',
    () => new Response(begins, { headers: { 'content-type': 'text/event-stream' } }),
  )
  const answers = Array.from({ length: share }, () => full.send({ path: '/slow' }))
  await until('all have begun', () => finish.length === share + 1)
  expect((await full.send({ path: '/small' })).status).toBe(503)
  const stream = await full.open({ path: '/v1/sync/subscribe' }).answer
  let text = ''
  stream.on('data', (piece: Buffer) => (text += piece.toString()))
  await until('it is held', () => text === ': waiting for home\n')
  for (const one of finish) one()
  await until('it has begun', () => text === ': waiting for home\nid: 1\ndata: a\n\n')
  await Promise.all(answers)
  await full.idle()
})
