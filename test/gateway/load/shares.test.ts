import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { scopeBits } from '../../../protocol/tunnel/edge-policy.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { shareOfOne } from '../../../protocol/multiplexer/shares.ts'
import { makeCode } from '../../../protocol/identity/signed-code.ts'
import { policyBytes } from '../../support/wire/mux-end.ts'
import { writeWire } from '../../support/wire/wire-text.ts'
import { connectHome } from '../../support/daemon/connect-home.ts'
import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { aRawHome } from '../../support/wire/raw-home.ts'
import { open, send } from '../../support/clients/send.ts'
import { aStage, type Stage } from '../../support/gateway/stage.ts'
import { anIdentity, bearerBy, tokenIdOf } from '../../support/test-identity.ts'
import { settled, until } from '../../support/until.ts'

/** How soon the owner must be answered, whatever the others do, milliseconds. */
const SOON_MS = 1_000
/** What was exhausted, by whom, and how long the owner's GET took; printed with `SPL_TABLES`. */
const measured: string[] = []
const MIB = 1024 * 1024

let stage: Stage
/** A token without scopes, one that may read, and as many again as a test needs. */
let guest: string
let reader: string
let crowd: readonly string[]

beforeAll(async () => {
  stage = await aStage(startOnWorkerd)
  const bearer = (number: number) =>
    bearerBy(stage.identity, `sa_${String(number).padStart(10, '0')}`)
  guest = bearer(1)
  reader = bearer(2)
  crowd = Array.from({ length: 6 }, (_, at) => bearer(10 + at))
  await stage.keep({ tokens: tokens() })
})
afterAll(async () => {
  if (process.env['SPL_TABLES'] !== undefined) process.stdout.write(`${measured.join('\n')}\n`)
  await stage[Symbol.asyncDispose]()
})

const tokens = () => ({
  [tokenIdOf(stage.identity.bearer)]: { scopes: scopeBits(['admin']) },
  [tokenIdOf(guest)]: { scopes: 0 },
  [tokenIdOf(reader)]: { scopes: scopeBits(['records:read']) },
  ...Object.fromEntries(
    crowd.map((bearer) => [tokenIdOf(bearer), { scopes: scopeBits(['records:read']) }]),
  ),
})

const by = (bearer: string | undefined) =>
  bearer === undefined ? [] : [['authorization', `Bearer ${bearer}`] as const]

/** The owner's GET: it must be answered, and soon. */
async function ownerIsServed(limit: string, whom: string, path = '/v1/records'): Promise<void> {
  const from = performance.now()
  const answer = await stage.send({ path })
  const ms = performance.now() - from
  measured.push(`| ${limit} | ${whom} | ${answer.status} | ${ms.toFixed(0)} ms |`)
  expect([answer.status, ms < SOON_MS]).toEqual([200, true])
}

const statusBy = async (bearer: string | undefined, path: string) =>
  (await send(stage.gateway.port, { path, headers: by(bearer) })).status

/** Connections that send these bytes and nothing more. */
async function unfinished(count: number, bytes: string, port = stage.gateway.port) {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => {}).resume()
  await Promise.all(
    sockets.map(async (socket) => {
      await once(socket, 'connect')
      socket.write(bytes)
    }),
  )
  return {
    sockets,
    leave: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
  }
}

const requestHead = (line: string, bearer: string | undefined, more: readonly string[] = []) =>
  [
    `${line} HTTP/1.1`,
    `Host: ${stage.gateway.authority}`,
    ...(bearer === undefined ? [] : [`Authorization: Bearer ${bearer}`]),
    ...more,
    '',
    '',
  ].join('\r\n')

describe('the requests at once', () => {
  test('are not taken by a token without scopes whose uploads never end', async () => {
    const seen = { begun: 0 }
    stage.app.answer('/v1/stream-tickets', async (request) => {
      seen.begun += 1
      await request.text().catch(() => {})
      return new Response('late')
    })
    const head = requestHead('POST /v1/stream-tickets', guest, ['Content-Length: 20'])
    const uploads = await unfinished(LIMITS.concurrentStreams + 6, `${head}{`)
    const share = shareOfOne(LIMITS.concurrentStreams)
    await until('its share is used up', () => seen.begun >= share)
    await settled(() => seen.begun)
    expect(seen.begun).toBe(share)
    await ownerIsServed('concurrentStreams', 'a token without scopes, 1030 unfinished uploads')
    expect(await statusBy(reader, '/v1/records')).toBe(200)
    expect(await statusBy(undefined, '/health')).toBe(200)
    uploads.leave()
    await stage.idle()
  })

  test('are not taken by strangers, nor by six tokens together', async () => {
    const held: (() => void)[] = []
    const hold = () => new Promise<Response>((resolve) => held.push(() => resolve(new Response())))
    stage.app.answer('/health', hold)
    stage.app.answer('/v1/threads', hold)
    const strangers = await unfinished(600, requestHead('GET /health', undefined))
    const share = shareOfOne(LIMITS.concurrentStreams)
    await until('their share is used up', () => held.length >= share)
    await settled(() => held.length)
    expect(held.length).toBe(share)
    await ownerIsServed('concurrentStreams', 'strangers, 600 requests that home holds')
    expect(await statusBy(reader, '/v1/records')).toBe(200)
    const more = await Promise.all(
      crowd.map((bearer) => unfinished(200, requestHead('GET /v1/threads', bearer))),
    )
    await settled(() => held.length)
    await ownerIsServed('concurrentStreams', 'strangers and six tokens, 1800 requests')
    expect(await statusBy(reader, '/v1/records')).toBe(200)
    for (const one of held) one()
    for (const one of [strangers, ...more]) one.leave()
    stage.app.answer('/health', () => new Response('ok'))
    await stage.idle()
  })

  test('are not taken by strangers from those who come by a ticket', async () => {
    let held = 0
    stage.app.answer('/health', () => {
      held += 1
      return new Promise<Response>(() => {})
    })
    const strangers = await unfinished(600, requestHead('GET /health', undefined))
    await until('their share is used up', () => held >= shareOfOne(LIMITS.concurrentStreams))
    await settled(() => held)
    const path = '/v1/connection'
    const ticket = makeCode({
      kind: 'ticket',
      path,
      nonce: randomBytes(16),
      expires: Math.floor(Date.now() / 1000) + 30,
      sign: stage.identity.sign,
    })
    expect(await statusBy(undefined, `${path}?ticket=${ticket}`)).toBe(200)
    strangers.leave()
    stage.app.answer('/health', () => new Response('ok'))
    await stage.idle()
  })

  test('that are left unfinished stop the clients that leave them, and no others', async () => {
    stage.app.answer('/v1/threads', () => new Promise<Response>(() => {}))
    const leave = async (bearer: string) => {
      const socket: Socket = connect(stage.gateway.port, '127.0.0.1')
      socket.on('error', () => {})
      const bytes = requestHead('GET /v1/threads', bearer)
      // Not at once: what is gone before it was read never becomes a request.
      socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), 50))
      await once(socket, 'close')
    }
    await until('all six are refused', async () => {
      for (const bearer of crowd) await Promise.all(Array.from({ length: 60 }, () => leave(bearer)))
      const statuses = await Promise.all(crowd.map((bearer) => statusBy(bearer, '/v1/records')))
      return statuses.every((status) => status === 429)
    })
    await ownerIsServed(
      'cancelledOpens',
      'six tokens, requests left at once, until all are refused',
    )
    expect(await statusBy(reader, '/v1/records')).toBe(200)
    await stage.idle()
  })
})

describe('the windows', () => {
  test('are not taken by a token that reads none of its downloads', async () => {
    const megabyte = new Uint8Array(MIB)
    let made = 0
    stage.app.answer('/v1/threads', () => {
      let left = 200
      return new Response(
        new ReadableStream<Uint8Array>({
          pull(controller) {
            left -= 1
            made += 1
            if (left === 0) controller.close()
            else controller.enqueue(megabyte)
          },
        }) as ReadableStream<Uint8Array<ArrayBuffer>>,
      )
    })
    stage.app.answer('/v1/records', () => new Response(megabyte.subarray(0, 200_000)))
    const sending = { path: '/v1/threads', headers: by(reader) }
    const many = Array.from({ length: 60 }, () => open(stage.gateway.port, sending))
    for (const { answer } of many) (await answer).pause()
    await settled(() => made)
    await ownerIsServed('connectionWindow', 'a token, 60 downloads that nobody reads')
    for (const { request } of many) request.destroy()
    stage.app.answer('/v1/records', () => new Response('home'))
    await stage.idle()
  })
})

describe('the places of those who wait for home', () => {
  /** Home goes, `during` happens, home comes; resolves when it is there. */
  const whileAway = async (during: () => Promise<void>) => {
    await stage.home.tunnel.stop()
    await during()
    return connectHome(stage.gateway.origin, stage.identity, stage.app)
  }
  test('are not taken by strangers, nor by a token with large heads', async () => {
    const waiting: { leave(): void }[] = []
    let owner: Promise<{ status: number }> | undefined
    let other: Promise<number> | undefined
    const home = await whileAway(async () => {
      const health = requestHead('GET /health', undefined)
      waiting.push(await unfinished(LIMITS.parkedRequests + 6, health))
      const large = requestHead('GET /v1/records', reader, [`X-Large: ${'x'.repeat(60_000)}`])
      waiting.push(await unfinished(70, large))
      await until('strangers find no place', async () => {
        const answer = await send(stage.gateway.port, { path: '/health' })
        return answer.status === 503
      })
      owner = stage.send({ path: '/v1/records' })
      other = statusBy(crowd[0], '/v1/records')
    })
    const from = performance.now()
    const answer = await owner
    const ms = performance.now() - from
    const whom = 'strangers, 1030 requests, and a token, 70 heads of 60 KB'
    measured.push(
      `| parkedRequests, parkedBytes | ${whom} | ${answer?.status} | ${ms.toFixed(0)} ms |`,
    )
    expect([answer?.status, ms < SOON_MS, await other]).toEqual([200, true, 200])
    for (const one of waiting) one.leave()
    await home.tunnel.stop()
  })
})

describe('with smaller pools', () => {
  /** As many, in place of twenty thousand: what is shared is the same. */
  const SUBSCRIBERS = 64

  test('the places of event streams are not taken by one token', async () => {
    await using small = await aStage(startOnWorkerd, { limits: { subscribers: SUBSCRIBERS } })
    const { identity, gateway } = small
    const other = bearerBy(identity, 'sa_0000000002')
    await small.keep({
      tokens: {
        [tokenIdOf(identity.bearer)]: { scopes: scopeBits(['admin']) },
        [tokenIdOf(other)]: { scopes: scopeBits(['records:read']) },
      },
    })
    const headers = { 'content-type': 'text/event-stream' }
    const ends: (() => unknown)[] = []
    small.app.answer('/v1/sync/subscribe', () => {
      const first = new TextEncoder().encode(': hello\n\n')
      let refused = false
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(first)
          ends.push(() => !refused && controller.close())
        },
        cancel: () => void (refused = true),
      })
      return new Response(body, { headers })
    })
    const follow = (bearer: string) =>
      open(gateway.port, { path: '/v1/sync/subscribe', headers: by(bearer) })
    const many = Array.from({ length: SUBSCRIBERS + 6 }, () => follow(other))
    const answers = await Promise.all(many.map(({ answer }) => answer))
    const let_in = answers.filter(({ statusCode }) => statusCode === 200)
    expect(let_in).toHaveLength(shareOfOne(SUBSCRIBERS))
    const from = performance.now()
    const owner = follow(identity.bearer)
    expect((await owner.answer).statusCode).toBe(200)
    const ms = performance.now() - from
    measured.push(`| subscribers (${SUBSCRIBERS}) | a token | 200 | ${ms.toFixed(0)} ms |`)
    expect(ms).toBeLessThan(SOON_MS)
    for (const { answer } of [...many, owner]) (await answer).resume()
    for (const end of ends) end()
    await small.idle()
  })
})

describe('what clients of WebSockets are ahead of home', () => {
  test('is not used up by one token: the owner’s messages still pass', async () => {
    const identity = anIdentity()
    await using gateway = await startOnWorkerd({ ownerDid: identity.did })
    const other = bearerBy(identity, 'sa_0000000002')
    const home = await aRawHome(gateway.port, identity)
    const policy = {
      [tokenIdOf(identity.bearer)]: { scopes: scopeBits(['admin']) },
      [tokenIdOf(other)]: { scopes: scopeBits(['records:read']) },
    }
    // It accepts every handshake, and never returns any credit.
    home.socket.send(
      Buffer.concat([
        writeWire([{ type: 'POLICY', flags: [], stream: 0, json: policyOf(policy) }]),
      ]),
    )
    await until('it is kept', () => home.frames.some(({ type }) => type === 'POLICY_ACK'))
    let answered = 0
    home.socket.on('message', () => {
      const opens = home.frames.filter(({ type }) => type === 'OPEN')
      for (const { stream, json } of opens.slice(answered)) {
        const upgrade = (json as { upgrade?: string }).upgrade !== undefined
        const head = { status: upgrade ? 101 : 200, headers: [] }
        const flags = upgrade ? [] : (['END'] as const)
        home.socket.send(writeWire([{ type: 'HEAD', flags, stream, json: head, body: '' }]))
      }
      answered = opens.length
    })
    const dial = async (bearer: string) => {
      const socket = new WebSocket(`ws://localhost:${gateway.port}/v1/sync/x`, {
        headers: { authorization: `Bearer ${bearer}` },
        perMessageDeflate: false,
      })
      const closed: number[] = []
      socket.on('close', (code) => closed.push(code))
      socket.on('error', () => {})
      await once(socket, 'open')
      return { socket, closed }
    }
    const sockets = await Promise.all(Array.from({ length: 30 }, () => dial(other)))
    const message = Buffer.alloc(500_000)
    for (const { socket } of sockets)
      for (let count = 0; count < 3; count += 1) socket.send(message)
    await until('some are closed', () => sockets.some(({ closed }) => closed.length > 0))
    await settled(() => sockets.filter(({ closed }) => closed.length > 0).length)
    const owner = await dial(identity.bearer)
    for (let count = 0; count < 3; count += 1) owner.socket.send(message)
    const from = performance.now()
    const answer = await send(gateway.port, { path: '/v1/records', headers: by(identity.bearer) })
    const ms = performance.now() - from
    measured.push(
      `| webSocketQueuesBytes | a token, 30 WebSockets | ${answer.status} | ${ms.toFixed(0)} ms |`,
    )
    expect([answer.status, ms < SOON_MS, owner.closed]).toEqual([200, true, []])
    for (const { socket } of [...sockets, owner]) socket.terminate()
    home.socket.terminate()
  })
})

function policyOf(tokens: Readonly<Record<string, { readonly scopes: number }>>): unknown {
  return JSON.parse(new TextDecoder().decode(policyBytes(1, { tokens })))
}
