import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { sendBytes } from '../../support/clients/raw-http.ts'
import { aStage, type Stage } from '../../support/gateway/stage.ts'
import { bearerBy, tokenIdOf } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

const MIB = 1024 * 1024
let stage: Stage

beforeAll(async () => {
  stage = await aStage(startOnWorkerd, { movableClock: true, headTimeoutSeconds: 4 })
})
afterAll(() => stage[Symbol.asyncDispose]())

const head = (line: string, ...more: string[]) =>
  [
    `${line} HTTP/1.1`,
    `Host: ${stage.gateway.authority}`,
    `Authorization: Bearer ${stage.identity.bearer}`,
    ...more,
    '',
    '',
  ].join('\r\n')

const status = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])

describe('an upload that is broken', () => {
  test('by its chunks is answered with 400, or cut, at once, and its slot is free', async () => {
    stage.app.answer('/broken', async (request) => new Response(await request.text()))
    for (const chunk of [
      'zz\r\n',
      '5\r\nhello\r\nzz\r\n',
      'ffffffffffffffffff\r\n',
      '-1\r\n\r\n',
    ]) {
      const from = performance.now()
      const bytes = head('POST /broken', 'Transfer-Encoding: chunked') + chunk
      const answer = await sendBytes(stage.gateway.port, bytes, 3_000)
      expect([400, NaN]).toContain(status(answer))
      expect(performance.now() - from).toBeLessThan(2_000)
    }
    await stage.idle()
  })

  test('by its client’s end is cut at home, and its slot is free', async () => {
    let failed = 0
    stage.app.answer('/half', async (request) => {
      await request.text().catch(() => (failed += 1))
      return new Response('never seen')
    })
    const socket = connectTcp(stage.gateway.port, '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.write(`${head('POST /half', 'Content-Length: 10')}half`)
    await until('home has it', () => stage.app.seen.some(({ url }) => url.endsWith('/half')))
    socket.resetAndDestroy()
    await until('home knows', () => failed === 1)
    await stage.idle()
  })

  test('by silence gets a 408 in bounded time, and its slot is free', async () => {
    let arrived = 0
    stage.app.answer('/silent', async (request) => {
      for await (const piece of request.body!) arrived += piece.length
      return new Response('never seen')
    })
    const socket = connectTcp(stage.gateway.port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
    socket.write(`${head('POST /silent', 'Content-Length: 10')}half`)
    await until('home has what there is', () => arrived === 4)
    await setGatewayClock(stage.gateway.port, LIMITS.uploadStallMs)
    await until('it is told', () => answer !== '')
    expect(status(answer)).toBe(408)
    expect(answer).toContain('REQUEST_TIMEOUT')
    socket.destroy()
    await setGatewayClock(stage.gateway.port, 0)
    await stage.idle()
  })
})

describe('a small announced body', () => {
  const json = 'Content-Type: application/json'
  const sent = () => stage.app.seen.filter(({ url }) => url.endsWith('/v1/records')).length
  const speak = (bytes: string) => {
    const socket = connectTcp(stage.gateway.port, '127.0.0.1')
    const heard = { socket, answer: '' }
    socket.setEncoding('latin1').on('data', (text: string) => (heard.answer += text))
    socket.on('error', () => {}).write(bytes)
    return heard
  }
  const records = (length: number) =>
    head('POST /v1/records', json, `Content-Length: ${length}`, 'Connection: close')

  test('reaches home whole, however it is cut on its way', async () => {
    stage.app.answer('/v1/records', async (request) => new Response(await request.text()))
    const body = 'x'.repeat(LIMITS.smallBodyBytes)
    for (const pieces of [[body], [body.slice(0, 1), body.slice(1)], Array<string>(30).fill('y')]) {
      const whole = pieces.join('')
      const heard = speak(records(whole.length))
      for (const piece of pieces) {
        heard.socket.write(piece)
        await sleep(5)
      }
      await until('it is answered', () => heard.socket.closed)
      expect(status(heard.answer)).toBe(200)
      expect(heard.answer.endsWith(whole)).toBe(true)
    }
    await stage.idle()
  })

  test('that breaks off or falls silent never reaches home', async () => {
    const before = sent()
    const broken = speak(`${records(10)}half`)
    const silent = speak(`${records(10)}half`)
    await sleep(300)
    broken.socket.resetAndDestroy()
    expect(silent.answer).toBe('')
    await setGatewayClock(stage.gateway.port, LIMITS.uploadStallMs)
    await until('it is told', () => silent.answer.includes('\r\n\r\n'))
    expect(status(silent.answer)).toBe(408)
    expect(silent.answer).toContain('REQUEST_TIMEOUT')
    silent.socket.destroy()
    await setGatewayClock(stage.gateway.port, 0)
    await stage.idle()
    expect(sent()).toBe(before)
  })

  test('of more clients than there is room for crosses all the same', async () => {
    stage.app.answer('/v1/records', async (request) => new Response(await request.text()))
    const limits = { token_per_second: 1e6, token_burst: 1e6, body_bytes: MIB }
    await stage.keep({ tokens: { [tokenIdOf(stage.identity.bearer)]: { scopes: 64 } }, limits })
    const waiting = Array.from({ length: LIMITS.smallBodies }, () => speak(`${records(10)}half`))
    await sleep(1_000)
    const late = speak(`${records(4)}late`)
    await until('it is answered', () => late.socket.closed)
    expect([status(late.answer), late.answer.endsWith('late')]).toEqual([200, true])
    for (const one of waiting) one.socket.resetAndDestroy()
    await stage.idle()
  })
})

test('the time for an answer counts from the upload’s last progress', async () => {
  stage.app.answer('/slow', async (request) => new Response(`${(await request.text()).length}`))
  const socket = connectTcp(stage.gateway.port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
  await once(socket, 'connect')
  socket.write(head('POST /slow', 'Content-Length: 7', 'Connection: close'))
  // Longer than the answer may take, and never so long in one pause.
  for (let piece = 0; piece < 7; piece += 1) {
    socket.write('x')
    await sleep(900)
  }
  await until('it is answered', () => answer.includes('\r\n\r\n'))
  expect([status(answer), answer.endsWith('7')]).toEqual([200, true])
})

describe('a refusal is read by a client that', () => {
  /** As most clients do: everything is sent first, and the answer is looked for only then. */
  const upload = async (line: string, bytes: number, bearer: string, chunked: boolean) => {
    const socket = connectTcp(stage.gateway.port, '127.0.0.1')
    let answer = ''
    let failure: Error | undefined
    socket.on('error', (error) => (failure = error))
    await once(socket, 'connect')
    const fields = [
      `${line} HTTP/1.1`,
      `Host: ${stage.gateway.authority}`,
      ...(bearer === '' ? [] : [`Authorization: Bearer ${bearer}`]),
      'Content-Type: application/json',
      chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`,
      'Connection: close',
    ]
    socket.write(`${fields.join('\r\n')}\r\n\r\n`)
    const piece = Buffer.alloc(64 * 1024, 120)
    for (let sent = 0; sent < bytes && failure === undefined; sent += piece.length) {
      if (chunked) socket.write(`${piece.length.toString(16)}\r\n`)
      const more = socket.write(piece)
      if (chunked) socket.write('\r\n')
      if (!more) await Promise.race([once(socket, 'drain'), once(socket, 'close').catch(() => {})])
    }
    if (chunked) socket.write('0\r\n\r\n')
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
    if (!socket.closed) await once(socket, 'close').catch(() => {})
    return failure === undefined ? status(answer) : failure.message
  }

  test('sends 8 MiB with a bad bearer, to no route, or over the limit, before it looks', async () => {
    const { identity } = stage
    const revoked = bearerBy(identity, 'sa_0000000009')
    stage.app.answer('/v1/early', () => new Response('no', { status: 403 }))
    const tokens = { [tokenIdOf(identity.bearer)]: { scopes: 64 } }
    const limits = { token_per_second: 1e6, token_burst: 1e6, body_bytes: MIB }
    await stage.keep({ tokens, limits })
    for (const chunked of [false, true]) {
      const said = (line: string, bearer: string) => upload(line, 8 * MIB, bearer, chunked)
      const over = chunked ? [] : [413]
      expect([
        await said('POST /v1/records', ''),
        await said('POST /v1/records', 'spl_forged'),
        await said('POST /v1/records', revoked),
        await said('POST /nowhere', ''),
        await said('POST /v1/early', identity.bearer),
        ...(chunked ? [] : [await said('POST /v1/tokens', identity.bearer)]),
      ]).toEqual([401, 401, 401, 401, 403, ...over])
    }
    await stage.idle()
  })
})
