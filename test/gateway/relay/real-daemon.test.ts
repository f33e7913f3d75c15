import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDaemon, type Daemon } from '../../../local-daemon/daemon.ts'
import { startGateway, type Gateway } from '../../../local-daemon/gateway/start-gateway.ts'
import {
  aHomeWithIdentity,
  type HomeWithIdentity,
} from '../../support/daemon/a-home-with-identity.ts'
import { aDraft } from '../../support/daemon/a-daemon.ts'
import { EventReader, recordIds } from '../../support/clients/events.ts'
import { bearerBy } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

let home: HomeWithIdentity
let gateway: Gateway
let daemon: Daemon
const lines: Record<string, unknown>[] = []

beforeAll(async () => {
  home = aHomeWithIdentity()
  gateway = await startGateway({ ownerDid: home.ownerDid, directory: join(home.path, 'gateway') })
  const logger = pino({}, { write: (line) => void lines.push(JSON.parse(line)) })
  daemon = await startDaemon({
    home: home.path,
    port: 0,
    logger,
    tunnel: { gatewayUrl: gateway.url },
  })
  await until('the tunnel is connected', () => daemon.tunnel?.status.state === 'connected')
})
afterAll(async () => {
  await daemon.stop()
  await gateway.stop()
  home[Symbol.dispose]()
})

const ask = (path: string, init: RequestInit = {}, bearer = daemon.adminBearer ?? '') =>
  fetch(gateway.url + path, {
    ...init,
    headers: { authorization: `Bearer ${bearer}`, ...(init.headers as Record<string, string>) },
  })
const append = (init: RequestInit) =>
  ask('/v1/records', {
    method: 'POST',
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  })
const tea = {
  thread: 'th_tea',
  actor: 'did:sync:user:ada',
  act: 'INTEND',
  body: { goal: 'tea' },
  clock: 0,
}

test('a record appended through the public host is at home, and read back', async () => {
  const answer = await append({ body: JSON.stringify(tea) })
  expect(answer.status).toBe(201)
  const { id } = (await answer.json()) as { id: string }
  expect(answer.headers.get('location')).toBe(`/v1/records/${id}`)
  const again = await ask(`/v1/records/${id}`)
  expect(await again.json()).toMatchObject({ id, ...tea })
})

test('GET and HEAD agree, also about the length', async () => {
  for (const path of ['/health', '/v1/threads', '/openapi.json', '/nothing']) {
    const whole = await ask(path)
    const size = (await whole.arrayBuffer()).byteLength
    const head = await ask(path, { method: 'HEAD' })
    expect([path, head.status, await head.text()]).toEqual([path, whole.status, ''])
    const length = head.headers.get('content-length')
    if (length !== null && whole.status === 200)
      expect([path, Number(length)]).toEqual([path, size])
  }
})

test('the feed brings what was there and what comes, each at once', async () => {
  const events = new EventReader(await ask('/v1/sync/subscribe?thread=th_feed'))
  expect(events.response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  for (let count = 0; count < 5; count += 1) {
    const { record } = await daemon.store.append(aDraft({ thread: 'th_feed' }))
    expect(recordIds(await events.upTo('record'))).toEqual([record.id])
  }
  await events.cancel()
})

test('who left the feed is gone at home by the next event', async () => {
  await until('nothing is open', async () => {
    await daemon.store.append(aDraft({ thread: 'th_feed' }))
    return daemon.tunnel?.status.open_streams === 0
  })
})

test('a bearer that the instance signed but does not know is refused at the edge', async () => {
  const answer = await ask('/v1/threads', {}, bearerBy(daemon.identity, 'sa_0n0b0dy0000'))
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({ code: 'AUTH_INVALID', hop: 'gateway' })
})

test('scopes hold through the tunnel', async () => {
  const request = { name: 'reader', scopes: ['records:read'] } as const
  const { token: reader } = await daemon.access.accounts.createWithToken(request, null)
  expect((await ask('/v1/threads/th_tea/records', {}, reader)).status).toBe(200)
  const headers = { authorization: `Bearer ${reader}` }
  const answer = await append({ body: JSON.stringify(tea), headers })
  expect(answer.status).toBe(403)
  expect(await answer.json()).toMatchObject({ code: 'SCOPE_FORBIDDEN' })
})

test('an answer, its error envelope and its request have one id', async () => {
  const answer = await ask('/v1/records/nothing')
  const { request_id: id } = (await answer.json()) as { request_id: string }
  expect(id).toBe(answer.headers.get('x-request-id'))
  expect(id).toMatch(/^[0-9a-f-]{36}$/)
})

test('a body that is too large is refused early, and the tunnel stays up', async () => {
  const answer = await append({
    body: JSON.stringify({ ...tea, body: { text: 'x'.repeat(3_000_000) } }),
  }).catch((error: Error) => error)
  if (answer instanceof Response) expect(answer.status).toBe(413)
  expect((await ask('/v1/threads')).status).toBe(200)
  await until('nothing is open', () => daemon.tunnel?.status.open_streams === 0)
})

test('neither bearers nor bodies are in the log', () => {
  const log = JSON.stringify(lines)
  expect(lines.length).toBeGreaterThan(0)
  expect(log).not.toContain((daemon.adminBearer ?? '').split('_').at(-1))
  expect(log).not.toContain('goal')
})

test('an answer of more than a frame has its length', async () => {
  const body = { text: 'a'.repeat(100_000) }
  const appended = await append({ body: JSON.stringify({ ...tea, thread: 'th_long', body }) })
  const { id } = (await appended.json()) as { id: string }
  const answer = await ask(`/v1/records/${id}`)
  const text = await answer.text()
  expect(text.length).toBeGreaterThan(100_000)
  expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
})
