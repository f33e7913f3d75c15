import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { LIMITS } from '../../../../protocol/limits.ts'
import { shareOfOne } from '../../../../protocol/multiplexer/shares.ts'
import { encodeFrame, FRAME } from '../../../../protocol/tunnel/frame.ts'
import type { RequestHead } from '../../../../protocol/tunnel/heads.ts'
import { encodeHello } from '../../../../protocol/tunnel/hello.ts'
import { PROTOCOL_VERSION } from '../../../../protocol/tunnel/version.ts'
import { policyBytes } from '../../../support/mux-end.ts'
import { writeWire } from '../../../support/wire-text.ts'
import { connectHome } from '../../../support/connect-home.ts'
import { setGatewayClock } from '../../../support/gateway-clock.ts'
import type { StartGatewayUnderTest } from '../../../support/gateway-under-test.ts'
import { HomeApp } from '../../../support/home-app.ts'
import { openSocket } from '../../../support/open-socket.ts'
import { aRawHome, type RawHome } from '../../../support/raw-home.ts'
import { knock, proofFields } from '../../../support/raw-tunnel.ts'
import { send, type Answer, type Sending } from '../../../support/send.ts'
import { aStage, type Stage } from '../../../support/stage.ts'
import { anIdentity, tokenIdOf } from '../../../support/test-identity.ts'
import { until } from '../../../support/until.ts'

/** What one token may have of the places and of their bytes. */
const PLACES = shareOfOne(LIMITS.parkedRequests)
const HEAD_BYTES = shareOfOne(LIMITS.parkedBytes)
const OFFLINE = [503, 'TUNNEL_OFFLINE', '5']
const INTERRUPTED = [502, 'TUNNEL_INTERRUPTED', undefined]
const outcome = (answer: Answer) => [
  answer.status,
  answer.status === 200 ? answer.text : answer.json()['code'],
  answer.header('retry-after'),
]

/** Home is away for a moment: what waits for it, what is sent again, and what is not. */
export function parkCases(stage: () => Stage, start: StartGatewayUnderTest): void {
  const port = () => stage().gateway.port
  const rawHome = () => aRawHome(port(), stage().identity)
  const atTheObject = ({ gateway }: Stage) =>
    gateway.log.filter((line) => line.includes('object request https://tunnel/relay')).length

  /** Sends a request that nobody answers yet; resolves when the object has it. */
  const held = async (
    sending: Sending,
    at: Stage = stage(),
  ): Promise<{ answer: Promise<Answer> }> => {
    const before = atTheObject(at)
    const answer = at.send(sending)
    await until('the object has it', () => atTheObject(at) > before)
    return { answer }
  }

  /** Home's requests of a path, when they are there. */
  const arrived = (home: RawHome, target: string) =>
    until(`${target} is at home`, () => home.targets().includes(target))

  /** Home was connected until a moment ago, and the gateway knows that it is gone. */
  const homeWasHere = async () => {
    const home = await rawHome()
    const post = stage().send(withBody('/was-here', 'x'))
    await arrived(home, '/was-here')
    home.socket.terminate()
    expect(outcome(await post)).toEqual(INTERRUPTED)
  }

  const homeComes = async (app: HomeApp = new HomeApp()) => {
    const { gateway, identity } = stage()
    return { app, home: await connectHome(gateway.origin, identity, app) }
  }
  const pathsOf = ({ seen }: HomeApp) => seen.map(({ url }) => new URL(url).pathname)

  beforeAll(() => stage().home.tunnel.stop())
  beforeEach(() => setGatewayClock(port(), 0))

  describe('a new request while home is away', () => {
    test('is held and served when home is back, in order, with its body', async () => {
      await homeWasHere()
      const waiting: Promise<Answer>[] = []
      for (let count = 0; count < 20; count += 1) {
        const path = `/${count}`
        const sending = count % 2 === 0 ? { path } : withBody(path, `${count} `.repeat(50_000))
        waiting.push((await held(sending)).answer)
      }
      const app = new HomeApp()
      for (let count = 0; count < 20; count += 1) {
        app.answer(`/${count}`, async (request) => new Response(await request.text()))
      }
      const { home } = await homeComes(app)
      const answers = await Promise.all(waiting)
      expect(answers.map(({ status }) => status)).toEqual(waiting.map(() => 200))
      expect(answers[1]?.text === '1 '.repeat(50_000)).toBe(true)
      expect(pathsOf(app)).toEqual(waiting.map((_, count) => `/${count}`))
      await home.tunnel.stop()
    })

    test('is told after ten seconds that home is away, each after its own', async () => {
      await homeWasHere()
      const early = await held({ path: '/early' })
      await setGatewayClock(port(), LIMITS.parkMs / 2)
      const late = await held({ path: '/late' })
      await setGatewayClock(port(), LIMITS.parkMs)
      const told = await early.answer
      expect(outcome(told)).toEqual(OFFLINE)
      expect(told.json()).toMatchObject({
        hop: 'gateway',
        request_id: told.header('x-request-id'),
      })
      const { app, home } = await homeComes()
      expect((await late.answer).text).toBe('home')
      expect(pathsOf(app)).toEqual(['/late'])
      await home.tunnel.stop()
    })

    test('is not held for a home that has been away for a minute, and is for less', async () => {
      await homeWasHere()
      await setGatewayClock(port(), LIMITS.parkAwayMs - 10_000)
      const waits = await held({ path: '/waits' })
      const { home } = await homeComes()
      expect((await waits.answer).text).toBe('home')
      await home.tunnel.stop()
      await homeWasHere()
      await setGatewayClock(port(), 2 * LIMITS.parkAwayMs)
      await setGatewayClock(port(), 'still')
      expect(outcome(await stage().send({}))).toEqual(OFFLINE)
    })

    test('is not held for a home that never came; a bad bearer is still a 401', async () => {
      const { did, bearer } = anIdentity()
      await using gateway = await start({ ownerDid: did, movableClock: true })
      await setGatewayClock(gateway.port, 'still')
      const asking = (authorization: string) =>
        send(gateway.port, { path: '/', headers: [['authorization', authorization]] })
      expect(outcome(await asking(`Bearer ${bearer}`))).toEqual(OFFLINE)
      expect((await asking('Bearer x')).status).toBe(401)
    })

    test('waits for the greeting of a home that has connected', async () => {
      const { identity } = stage()
      const { socket } = await knock(port(), await proofFields(identity, port()))
      const waits = await held({ path: '/greeted' })
      const frames: Buffer[] = []
      socket?.on('message', (data: Buffer) => frames.push(data))
      socket?.send(greeting())
      await until('it is sent', () => Buffer.concat(frames).includes('/greeted'))
      socket?.terminate()
      const { home } = await homeComes()
      expect((await waits.answer).text).toBe('home')
      await home.tunnel.stop()
    })

    test('is held while a home that leaves finishes what it has', async () => {
      const leaving = await rawHome()
      const begun = await held(withBody('/begun', 'x'))
      await arrived(leaving, '/begun')
      await leave(leaving)
      const next = await held({ path: '/next' })
      const { app, home } = await homeComes()
      expect((await next.answer).text).toBe('home')
      const stream = leaving.frames.find(({ type }) => type === 'OPEN')?.stream ?? 0
      const json = { status: 200, headers: [] }
      const body = Buffer.from('finished').toString('hex')
      leaving.socket.send(writeWire([{ type: 'HEAD', flags: ['END'], stream, json, body }]))
      expect((await begun.answer).text).toBe('finished')
      expect(leaving.targets()).toEqual(['/begun'])
      expect(pathsOf(app)).toEqual(['/next'])
      leaving.socket.terminate()
      await home.tunnel.stop()
    })

    test('is a WebSocket: its handshake is answered when home is back', async () => {
      await homeWasHere()
      const before = atTheObject(stage())
      const opening = openSocket(stage(), '/socket')
      await until('the object has it', () => atTheObject(stage()) > before)
      const { home } = await homeComes(echoing())
      expect(await echoOf(await opening)).toBe('tea')
      await home.tunnel.stop()
    })
  })

  describe('the requests that are held', () => {
    test('are a share of one token at most; one whose client leaves makes room, and never reaches home', async () => {
      await homeWasHere()
      const before = atTheObject(stage())
      const left = stage().open(withBody('/left', 'all of it'))
      await until('it waits', () => atTheObject(stage()) > before)
      // From here on nobody is answered because of the time.
      await setGatewayClock(port(), 'still')
      const many = Array.from({ length: PLACES }, () => stage().send({}))
      expect(outcome(await Promise.race(many))).toEqual(OFFLINE)

      // Of an end without a reset workerd by itself hears nothing before it writes.
      left.request.socket?.resetAndDestroy()
      const tries: { status?: number }[] = []
      const more: Promise<void>[] = []
      /** One was not answered, though one that came after it was. */
      const oneIsHeld = () => {
        const answered = tries.findLastIndex(({ status }) => status !== undefined)
        return tries.slice(0, answered).some(({ status }) => status === undefined)
      }
      await until('there is room', async () => {
        const tried: { status?: number } = {}
        tries.push(tried)
        more.push(
          stage()
            .send({ path: '/room' })
            .then(({ status }) => void (tried.status = status)),
        )
        await sleep(100)
        return oneIsHeld()
      })
      const { app, home } = await homeComes()
      const outcomes = await Promise.all(many)
      expect(outcomes.filter(({ status }) => status === 200)).toHaveLength(many.length - 1)
      await Promise.all(more)
      expect(tries.filter(({ status }) => status === 200)).toHaveLength(1)
      await stage().send({ path: '/last' })
      expect(pathsOf(app)).not.toContain('/left')
      await home.tunnel.stop()
    })

    test('have a share of 4 MiB of heads at most', async () => {
      await homeWasHere()
      await setGatewayClock(port(), 'still')
      const headers = [['x-large', 'x'.repeat(60_000)]] as const
      const fit = Math.floor(HEAD_BYTES / 60_500)
      const waiting = Array.from({ length: fit }, () => stage().send({ headers }))
      const over = Array.from({ length: 2 }, () => stage().send({ headers }))
      expect(outcome(await Promise.race([...waiting, ...over]))).toEqual(OFFLINE)
      await until('all are there', async () => {
        return (await stage().send({ headers })).status === 503
      })
      const { home } = await homeComes()
      const answers = await Promise.all([...waiting, ...over])
      const served = answers.filter(({ status }) => status === 200).length
      expect(served * 60_000).toBeLessThanOrEqual(HEAD_BYTES)
      expect((served + 1) * 61_000).toBeGreaterThan(HEAD_BYTES - 61_000)
      await home.tunnel.stop()
    })
  })

  describe('a request in flight when the tunnel is lost', () => {
    test('is sent again if it is safe, under its id, and fails if not', async () => {
      const lost = await rawHome()
      const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE']
      const asked = methods.map((method) => stage().send({ method, path: `/${method}` }))
      const bodies = ['POST', 'OPTIONS'].map((method) =>
        stage().send({ ...withBody(`/${method}-body`, 'x'), method }),
      )
      await until('all are at home', () => lost.targets().length === methods.length + bodies.length)
      lost.socket.terminate()
      for (const failed of [...asked.slice(3), ...bodies]) {
        expect(outcome(await failed)).toEqual(INTERRUPTED)
      }
      const { app, home } = await homeComes()
      const answers = await Promise.all(asked.slice(0, 3))
      expect(answers.map(({ status, text }) => [status, text])).toEqual([
        [200, 'home'],
        [200, ''],
        [200, 'home'],
      ])
      expect(pathsOf(app).toSorted()).toEqual(['/GET', '/HEAD', '/OPTIONS'])
      const ids = lost.frames.map(({ json }) => (json as RequestHead | undefined)?.request_id)
      for (const answer of answers) expect(ids).toContain(answer.header('x-request-id'))
      await home.tunnel.stop()
    })

    test('is sent again once, and no more', async () => {
      const first = await rawHome()
      const asked = stage().send({ path: '/twice' })
      await arrived(first, '/twice')
      first.socket.terminate()
      const second = await rawHome()
      await arrived(second, '/twice')
      second.socket.terminate()
      expect(outcome(await asked)).toEqual(INTERRUPTED)
      const { app, home } = await homeComes()
      await stage().send({ path: '/last' })
      expect(pathsOf(app)).toEqual(['/last'])
      await home.tunnel.stop()
    })

    test('and home refuses it because it leaves: goes to the next, whatever it asks for', async () => {
      const leaving = await rawHome()
      const path = '/refused'
      const asked = [stage().send({ path }), stage().send({ method: 'POST', path })]
      await until('both are at home', () => leaving.targets().length === 2)
      await leave(leaving, 2 ** 20)
      const opens = leaving.frames.filter(({ type }) => type === 'OPEN')
      leaving.socket.send(
        writeWire(
          opens.map(({ stream }) => ({ type: 'RESET', flags: [], stream, code: 'REFUSED' })),
        ),
      )
      const { app, home } = await homeComes()
      expect((await Promise.all(asked)).map(({ text }) => text)).toEqual(['home', 'home'])
      expect(pathsOf(app)).toEqual([path, path])
      leaving.socket.terminate()
      await home.tunnel.stop()
    })

    test('and home leaves without having accepted it: goes to the next with its body, also a large one', async () => {
      const leaving = await rawHome()
      const large = 'large '.repeat(100_000)
      const accepted = stage().send(withBody('/accepted', 'x'))
      await arrived(leaving, '/accepted')
      const bodies = ['small', large, '']
      const asked = bodies.map((body, at) => stage().send(withBody(`/late-${at}`, body)))
      await until('all are at home', () => leaving.targets().length === 1 + asked.length)
      const first = leaving.frames.find(({ type }) => type === 'OPEN')?.stream ?? 0
      await leave(leaving, first)
      const app = new HomeApp()
      for (const at of bodies.keys()) {
        app.answer(`/late-${at}`, async (request) => new Response(await request.text()))
      }
      const { home } = await homeComes(app)
      const answers = await Promise.all(asked)
      expect(answers.map(({ status, text }) => [status, text.length])).toEqual(
        bodies.map((body) => [200, body.length]),
      )
      expect(pathsOf(app)).not.toContain('/accepted')
      leaving.socket.terminate()
      expect(outcome(await accepted)).toEqual(INTERRUPTED)
      await home.tunnel.stop()
    })

    test('goes to the successor at once if there is one', async () => {
      const old = await rawHome()
      const asked = stage().send({ path: '/moved' })
      await arrived(old, '/moved')
      const { app, home } = await homeComes()
      expect((await stage().send({ path: '/new' })).text).toBe('home')
      expect(pathsOf(app)).toEqual(['/new'])
      old.socket.terminate()
      expect((await asked).text).toBe('home')
      expect(pathsOf(app)).toEqual(['/new', '/moved'])
      await home.tunnel.stop()
    })

    test('is held within the bounds, and fails beyond them', async () => {
      const lost = await rawHome()
      const asked = Array.from({ length: PLACES - 100 }, () => stage().send({}))
      await until('all are at home', () => lost.targets().length === asked.length)
      await leave(lost, 2 ** 20)
      await setGatewayClock(port(), 'still')
      const before = atTheObject(stage())
      const waiting = Array.from({ length: 110 }, () => stage().send({}))
      await until('they wait', () => atTheObject(stage()) === before + waiting.length)
      lost.socket.terminate()
      expect(outcome(await Promise.race(asked))).toEqual(INTERRUPTED)
      const { home } = await homeComes()
      const outcomes = (await Promise.all([...asked, ...waiting])).map(outcome)
      expect(outcomes.filter(([status]) => status === 200)).toHaveLength(PLACES)
      expect(outcomes.filter(([status]) => status === 502)).toHaveLength(10)
      await home.tunnel.stop()
    })

    test('is a WebSocket: its handshake is sent again', async () => {
      const lost = await rawHome()
      const opening = openSocket(stage(), '/socket')
      await arrived(lost, '/socket')
      lost.socket.terminate()
      const { home } = await homeComes(echoing())
      expect(await echoOf(await opening)).toBe('tea')
      await home.tunnel.stop()
    })
  })

  describe('a token that is revoked while its request is held', () => {
    test.for([
      ['by the home that leaves', true],
      ['with the greeting of the next one', false],
    ] as const)('%s: the request is refused', async ([_name, byLeaving]) => {
      await using other = await aStage(start, { observed: true })
      const { identity, gateway } = other
      await other.keep({ tokens: { [tokenIdOf(identity.bearer)]: { scopes: 1 } } })
      const leaving = await aRawHome(gateway.port, identity)
      await leave(leaving)
      const { answer } = await held({ path: '/revoked' }, other)
      const payload = policyBytes(9, { tokens: {} })
      const policy = encodeFrame({ type: FRAME.POLICY, flags: 0, stream: 0, payload })
      if (byLeaving) {
        leaving.socket.send(policy)
        await until('it is kept', () => leaving.frames.some(({ version }) => version === 9))
      }
      const { socket } = await knock(gateway.port, await proofFields(identity, gateway.port))
      let received = ''
      socket?.on('message', (data: Buffer) => (received += data.toString('latin1')))
      socket?.send(byLeaving ? greeting() : Buffer.concat([greeting(), policy]))
      const refused = await answer
      expect([refused.status, refused.json()['code'], refused.json()['hop']]).toEqual([
        401,
        'AUTH_INVALID',
        'gateway',
      ])
      expect(received).not.toContain('/revoked')
      socket?.terminate()
      leaving.socket.terminate()
    })
  })
}

function withBody(path: string, body: string): Sending {
  return { method: 'POST', path, headers: [['content-length', String(body.length)]], body }
}

/** Says goodbye, and is heard. */
/** @param last stream that it has accepted */
async function leave({ socket, frames }: RawHome, last = 1): Promise<void> {
  const ping = { type: 'PING', flags: [], stream: 0, id: 7 } as const
  const goAway = { type: 'GO_AWAY', flags: [], stream: 0 } as const
  socket.send(
    writeWire([{ ...goAway, last_stream: last, code: 'GOING_AWAY', reason: 'restart' }, ping]),
  )
  await until('it is heard', () => frames.some(({ type }) => type === 'PING'))
}

function greeting(): Uint8Array {
  const payload = encodeHello({ version: PROTOCOL_VERSION, agent: 'raw' })
  return encodeFrame({ type: FRAME.HELLO, flags: 0, stream: 0, payload })
}

/** A home whose `/socket` says back what it hears. */
function echoing(): HomeApp {
  const app = new HomeApp()
  app.accept('/socket', () => ({
    start: (peer) => ({ message: (message) => void peer.send(message), closed() {} }),
  }))
  return app
}

async function echoOf(socket: WebSocket): Promise<string> {
  const echo = once(socket, 'message')
  socket.send('tea')
  const [data] = (await echo) as [Buffer]
  socket.close()
  return data.toString()
}
