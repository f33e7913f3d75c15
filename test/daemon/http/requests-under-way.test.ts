import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { json as readAll } from 'node:stream/consumers'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { parseToken, tokenId } from '../../../protocol/identity/token.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { EventReader } from '../../support/clients/events.ts'

/*
 * A bearer is checked when a request's head is there, and what the request does is done when its body is: up to
 * `HTTP_LIMITS.requestMs` later. Whatever was taken away in between must not be there any more.
 */

type Json = Record<string, unknown>
const withBearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** Sends a head and, once the daemon has taken it, waits for `meanwhile` before it sends the body. */
async function halted(
  at: TestDaemon,
  path: string,
  token: string,
  body: object,
  meanwhile: () => unknown,
): Promise<{ readonly status: number; readonly body: Json }> {
  // Remembered from here on, so that the check of the head waits for nothing.
  expect((await at.get('/v1/identity', withBearer(token))).status).toBe(200)
  const text = JSON.stringify(body)
  const outgoing = httpRequest({
    host: '127.0.0.1',
    port: at.daemon.addresses.tcp.port,
    path,
    method: 'POST',
    headers: {
      ...withBearer(token),
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
      expect: '100-continue',
    },
  })
  outgoing.flushHeaders()
  await once(outgoing, 'continue')
  await meanwhile()
  const answered = once(outgoing, 'response')
  outgoing.end(text)
  const [answer] = (await answered) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, body: (await readAll(answer)) as Json }
}

describe('a token that is revoked while its request is under way', () => {
  it('is not exchanged for a new one', async () => {
    await using at = await aDaemon()
    const token = await at.tokenWith('records:read')
    const id = await tokenId(parseToken(token).secret)
    const revoke = () => at.daemon.access.accounts.revokeToken(id)
    const { status } = await halted(at, '/v1/tokens/self/rotate', token, {}, revoke)
    expect([status, liveOf(at, token)]).toEqual([401, 0])
  })

  it('is not exchanged while the owner rotates its account to be rid of it', async () => {
    await using at = await aDaemon()
    const token = await at.tokenWith('records:read')
    const { saId } = parseToken(token)
    const rotate = () => at.post(`/v1/service-accounts/${saId}/rotate`, {})
    await halted(at, '/v1/tokens/self/rotate', token, {}, rotate)
    // The owner's new one.
    expect(liveOf(at, token)).toBe(1)
  })

  it('makes no admin any more', async () => {
    await using at = await aDaemon()
    const token = await at.tokenWith('admin')
    const revoke = () => at.daemon.access.accounts.revokeAccount(parseToken(token).saId, 'stolen')
    const account = { name: 'back', scopes: ['admin'], with_token: true }
    const { status } = await halted(at, '/v1/service-accounts', token, account, revoke)
    expect([status, at.daemon.store.accounts().map(({ name }) => name)]).toEqual([
      401,
      ['admin', 'test'],
    ])
  })

  it('changes no setting and writes no record', async () => {
    await using at = await aDaemon()
    for (const [path, body] of [
      ['/v1/config/auth_required', { value: false }],
      ['/v1/records', aDraft({ clock: 0 })],
      ['/v1/invites', { device: 'back', scopes: ['admin'] }],
    ] as const) {
      const token = await at.tokenWith('admin')
      const revoke = () => at.daemon.access.accounts.revokeAccount(parseToken(token).saId, null)
      const { status } = await halted(at, path, token, body, revoke)
      expect([path, status]).toEqual([path, 401])
    }
  })
})

describe('a list that is still being read', () => {
  it('ends with the token that asked for it', async () => {
    await using at = await aDaemon()
    const { access, app, store } = at.daemon
    for (let clock = 0; clock < 20; clock += 1) {
      await store.append(aDraft({ clock, body: { text: 'x'.repeat(50_000) } }))
    }
    const token = await at.tokenWith('records:read')
    const request = new Request(`${at.base}/v1/records?thread=th_test`, {
      headers: { ...withBearer(token), host: 'localhost' },
    })
    const answer = await app.fetch(request, { via: 'loopback' })
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await access.accounts.revokeAccount(parseToken(token).saId, null)
    const rest = async () => {
      while (!(await reader.read()).done);
    }
    // Cut, not ended: it would look like the whole list.
    await expect(rest()).rejects.toBeInstanceOf(Error)
  })
})

describe('one token', () => {
  it('is exchanged for one token, even if many ask at once', async () => {
    await using at = await aDaemon()
    const token = await at.tokenWith('records:read')
    expect((await at.get('/v1/threads', withBearer(token))).status).toBe(200)
    // Both heads are checked before either body is there.
    const rotate = (meanwhile: () => unknown) =>
      halted(at, '/v1/tokens/self/rotate', token, {}, meanwhile)
    await rotate(() => rotate(() => {}))
    expect(liveOf(at, token)).toBe(1)
  })
})

describe('a long poll', () => {
  const POLL = '/v1/sync/changes?feed=longpoll&thread=th_silent'
  const ended = async (polled: Promise<Response>) => {
    const answer = await polled
    return [answer.status, ((await answer.json()) as Json)['code']]
  }

  it('says that its token was revoked, or has expired, while it waited', async () => {
    await using at = await aDaemon()
    const request = { name: 'poll', scopes: ['records:read'] } as const
    const { accounts } = at.daemon.access
    const revoked = await accounts.createWithToken(request, null)
    const expiring = await accounts.createWithToken(request, Math.floor(Date.now() / 1000) + 2)
    const [first, second] = [revoked, expiring].map(({ token }) =>
      ended(at.get(POLL, withBearer(token))),
    )
    await sleep(200)
    await accounts.revokeToken(revoked.tokenId)
    expect(await first).toEqual([401, 'AUTH_REVOKED'])
    expect(await second).toEqual([401, 'AUTH_INVALID'])
  })
})

describe('when bearers are asked for again', () => {
  it('a long poll without one is told to send one', async () => {
    await using at = await aDaemon()
    await at.post('/v1/config/auth_required', { value: false })
    const polled = fetch(`${at.base}/v1/sync/changes?feed=longpoll&thread=th_silent`)
    await sleep(200)
    await at.post('/v1/config/auth_required', { value: true })
    const answer = await polled
    expect([answer.status, ((await answer.json()) as Json)['code']]).toEqual([401, 'AUTH_REQUIRED'])
  })

  it('a stream that was opened without one ends', async () => {
    await using at = await aDaemon()
    expect((await at.post('/v1/config/auth_required', { value: false })).status).toBe(200)
    const reader = new EventReader(await fetch(`${at.base}/v1/sync/subscribe?thread=th_secret`))
    await reader.upTo('ready')
    expect((await at.post('/v1/config/auth_required', { value: true })).status).toBe(200)
    expect((await fetch(`${at.base}/v1/threads`)).status).toBe(401)
    await at.daemon.store.append(aDraft({ thread: 'th_secret' }))
    const told = await reader.upTo('record').then(
      (events) => JSON.stringify(events),
      () => 'ended',
    )
    expect(told).not.toContain('th_secret')
    await reader.cancel()
  })

  it('a ticket that was given without one opens nothing, and never anything from elsewhere', async () => {
    await using at = await aDaemon()
    expect((await at.post('/v1/config/auth_required', { value: false })).status).toBe(200)
    const ticket = async () => {
      const answer = await fetch(`${at.base}/v1/stream-tickets`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ path: '/v1/sync/subscribe' }),
      })
      return String(((await answer.json()) as Json)['ticket'])
    }
    const [here, elsewhere] = [await ticket(), await ticket()]
    const url = `https://spl.example/v1/sync/subscribe?ticket=${elsewhere}`
    const answer = await at.daemon.app.fetch(new Request(url), { via: 'tunnel' })
    await answer.body?.cancel()
    expect((await at.post('/v1/config/auth_required', { value: true })).status).toBe(200)
    const late = await fetch(`${at.base}/v1/sync/subscribe?ticket=${here}`)
    await late.body?.cancel()
    expect([answer.status, late.status]).toEqual([401, 401])
  })
})

/** Live tokens of the account that a bearer is of. */
function liveOf(at: TestDaemon, bearer: string): number {
  const tokens = at.daemon.store.tokensOf(parseToken(bearer).saId)
  return tokens.filter(({ revoked_at }) => revoked_at === null).length
}
