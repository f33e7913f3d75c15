import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../../protocol/limits.ts'
import { shareOfOne } from '../../../../protocol/multiplexer/shares.ts'
import { encodeFrame, FRAME } from '../../../../protocol/tunnel/frame.ts'
import type { RequestHead } from '../../../../protocol/tunnel/heads.ts'
import { policyBytes } from '../../../support/wire/mux-end.ts'
import { writeWire } from '../../../support/wire/wire-text.ts'
import { setGatewayClock } from '../../../support/gateway/gateway-clock.ts'
import type { StartGatewayUnderTest } from '../../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../../support/daemon/home-app.ts'
import { openSocket } from '../../../support/clients/open-socket.ts'
import { aRawHome } from '../../../support/wire/raw-home.ts'
import { knock, proofFields } from '../../../support/wire/raw-tunnel.ts'
import { aStage, type Stage } from '../../../support/gateway/stage.ts'
import { tokenIdOf } from '../../../support/test-identity.ts'
import { until } from '../../../support/until.ts'
import {
  INTERRUPTED,
  awayScene,
  echoOf,
  echoing,
  greeting,
  leave,
  outcome,
  withBody,
} from './away-scene.ts'

/** What one token may have of the places. */
const PLACES = shareOfOne(LIMITS.parkedRequests)

/** Home goes away with requests in flight: what is sent again, and what is not. */
export function repeatCases(stage: () => Stage, start: StartGatewayUnderTest): void {
  const port = () => stage().gateway.port
  const { rawHome, atTheObject, held, arrived, homeComes, pathsOf } = awayScene(stage)

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

    test('is sent again once at most', async () => {
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

    test('and home refuses it because it leaves: goes to the next, with any method', async () => {
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
