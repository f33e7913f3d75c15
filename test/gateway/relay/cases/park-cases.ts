import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../../protocol/limits.ts'
import { shareOfOne } from '../../../../protocol/multiplexer/shares.ts'
import { writeWire } from '../../../support/wire/wire-text.ts'
import { setGatewayClock } from '../../../support/gateway/gateway-clock.ts'
import type { StartGatewayUnderTest } from '../../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../../support/daemon/home-app.ts'
import { openSocket } from '../../../support/clients/open-socket.ts'
import { knock, proofFields } from '../../../support/wire/raw-tunnel.ts'
import { send, type Answer } from '../../../support/clients/send.ts'
import { type Stage } from '../../../support/gateway/stage.ts'
import { anIdentity } from '../../../support/test-identity.ts'
import { until } from '../../../support/until.ts'
import {
  OFFLINE,
  awayScene,
  echoOf,
  echoing,
  greeting,
  leave,
  outcome,
  withBody,
} from './away-scene.ts'

/** What one token may have of the places and of their bytes. */
const PLACES = shareOfOne(LIMITS.parkedRequests)
const HEAD_BYTES = shareOfOne(LIMITS.parkedBytes)

/** Home is away for a moment: what waits for it. */
export function parkCases(stage: () => Stage, start: StartGatewayUnderTest): void {
  const port = () => stage().gateway.port
  const { rawHome, atTheObject, held, arrived, homeWasHere, homeComes, pathsOf } = awayScene(stage)

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
}
