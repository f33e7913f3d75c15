import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import {
  scopeBits,
  type EdgeLimits,
  type EdgeToken,
} from '../../../../protocol/tunnel/edge-policy.ts'
import type { Scope } from '../../../../protocol/identity/scopes.ts'
import { ending, openSocket } from '../../../support/clients/open-socket.ts'
import { send, type Answer, type Sending } from '../../../support/clients/send.ts'
import type { Stage } from '../../../support/gateway/stage.ts'
import { bearerBy, tokenIdOf } from '../../../support/test-identity.ts'
import { until } from '../../../support/until.ts'

const LIMITS: EdgeLimits = {
  token_per_second: 1_000_000,
  token_burst: 1_000_000,
  body_bytes: 1_000,
}

/** What the edge decides by home's policy, before home is asked. */
export function policyCases(stage: () => Stage): void {
  const aBearer = () => bearerBy(stage().identity, 'sa_01jd3k7w2q')
  const token = (bearer: string, scopes: readonly Scope[], expires?: number) =>
    [
      tokenIdOf(bearer),
      { scopes: scopeBits(scopes), ...(expires === undefined ? {} : { expires }) },
    ] as const
  const keep = (...tokens: (readonly [string, EdgeToken])[]) =>
    stage().keep({ tokens: Object.fromEntries(tokens), limits: LIMITS })
  const ask = (bearer: string, sending: Sending = {}) => {
    const headers = [['authorization', `Bearer ${bearer}`] as const, ...(sending.headers ?? [])]
    return send(stage().gateway.port, { path: '/v1/records', ...sending, headers })
  }
  /** The gateway's own refusal in short, or what home said. Says also that home heard nothing of a refusal. */
  const outcome = async (bearer: string, sending: Sending = {}): Promise<string> => {
    const before = stage().app.seen.length
    const answer = await ask(bearer, sending)
    const reached = stage().app.seen.length - before
    if (answer.status === 200) return reached === 1 ? 'home' : 'home was not asked'
    return reached === 0 ? refusal(answer) : `${refusal(answer)}, but home was asked`
  }

  describe('a token, by the policy,', () => {
    test('passes while it is live', async () => {
      const bearer = aBearer()
      await keep(token(bearer, ['records:read']))
      expect(await outcome(bearer)).toBe('home')
    })

    test('that is not in it is refused, with a code and the hop', async () => {
      await keep(token(aBearer(), ['admin']))
      const unknown = aBearer()
      expect(await outcome(unknown)).toBe('401 AUTH_INVALID')
      const answer = await ask(unknown)
      expect(answer.json()).toMatchObject({
        object: 'error',
        hop: 'gateway',
        message: expect.stringContaining('revoked'),
        request_id: answer.header('x-request-id'),
      })
      expect(answer.header('www-authenticate')).toBe('Bearer')
      expect(await outcome(unknown, { path: '/health' })).toBe('401 AUTH_INVALID')
    })

    test('that has expired is refused with an error that says so', async () => {
      const [old, fresh] = [aBearer(), aBearer()]
      const now = Math.floor(Date.now() / 1000)
      await keep(token(old, ['admin'], now - 1), token(fresh, ['admin'], now + 3600))
      expect((await ask(old)).json()['message']).toContain('expired')
      expect(await outcome(old)).toBe('401 AUTH_INVALID')
      expect(await outcome(fresh)).toBe('home')
    })

    test.for([
      [['records:read'], 'GET', '/v1/records', 'home'],
      [['records:read'], 'HEAD', '/v1/threads?limit=1', 'home'],
      [['records:write'], 'GET', '/v1/records', '403 SCOPE_FORBIDDEN'],
      [['records:write'], 'POST', '/v1/records', 'home'],
      [['records:read'], 'POST', '/v1/records', '403 SCOPE_FORBIDDEN'],
      [[], 'GET', '/v1/threads/th_a/records', '403 SCOPE_FORBIDDEN'],
      [['federation:manage'], 'GET', '/v1/sync/changes', 'home'],
      [['config:read'], 'GET', '/v1/sync/changes', '403 SCOPE_FORBIDDEN'],
      [['config:read'], 'POST', '/v1/config/cors.origins', '403 SCOPE_FORBIDDEN'],
      [['records:read', 'records:write'], 'GET', '/v1/tokens', '403 SCOPE_FORBIDDEN'],
      [['admin'], 'GET', '/v1/records', 'home'],
      [['admin'], 'DELETE', '/v1/tokens/x', 'home'],
      [[], 'GET', '/v1/identity', 'home'],
      [[], 'GET', '/nowhere', 'home'],
      [[], 'PATCH', '/v1/records', 'home'],
    ] as const)('of %j, asking for %s %s: %s', async ([scopes, method, path, expected]) => {
      const bearer = aBearer()
      await keep(token(bearer, scopes))
      expect(await outcome(bearer, { method, path })).toBe(expected)
    })

    test('that lacks a scope is told which', async () => {
      const bearer = aBearer()
      await keep(token(bearer, ['config:read']))
      const answer = await ask(bearer, { path: '/v1/sync/subscribe' })
      expect(answer.json()).toMatchObject({
        required_scope: 'records:read',
        hop: 'gateway',
        try: expect.stringContaining('records:read or federation:manage'),
      })
      const admin = await ask(bearer, { path: '/v1/service-accounts' })
      expect(admin.json()['required_scope']).toBe('admin')
    })

    test('is for home to judge when there are more than a policy holds', async () => {
      await stage().keep({ tokens: null })
      expect(await outcome(aBearer())).toBe('home')
    })

    test('never reaches home again once its revocation is acknowledged', async () => {
      const bearer = aBearer()
      const { app } = stage()
      await keep(token(bearer, ['admin']))
      let over = false
      const busy = Array.from({ length: 8 }, async () => {
        while (!over) await ask(bearer, { path: '/v1/threads' })
      })
      await until('it is in use', () => app.seen.length > 50)
      await keep()
      const after = app.seen.length
      await until('it is still tried', async () => (await ask(bearer)).status === 401)
      over = true
      await Promise.all(busy)
      expect(app.seen).toHaveLength(after)
    })
  })

  describe('a token that is revoked while in use', () => {
    test('has its WebSockets closed at once with 4401, and no other', async () => {
      const [gone, good] = [aBearer(), aBearer()]
      await keep(token(gone, ['admin']), token(good, ['admin']))
      const codes: number[] = []
      stage().app.accept('/socket', () => ({
        start: (peer) => ({
          message: (message) => void peer.send(message),
          closed: (code) => void codes.push(code),
        }),
      }))
      const ended = ending(await openSocket(stage(), '/socket', [], gone))
      const other = await openSocket(stage(), '/socket', [], good)
      await keep(token(good, ['admin']))
      expect(await ended).toEqual({ code: 4401, reason: 'token revoked' })
      await until('home hears it', () => codes.length === 1)
      const echo = once(other, 'message')
      other.send('still here')
      expect(String((await echo)[0])).toBe('still here')
      other.close()
      await once(other, 'close')
      await stage().idle()
    })

    test('has them closed also when it is only made to expire', async () => {
      const bearer = aBearer()
      await keep(token(bearer, ['admin']))
      stage().app.accept('/socket', () => ({ start: () => ({ message() {}, closed() {} }) }))
      const ended = ending(await openSocket(stage(), '/socket', [], bearer))
      await keep(token(bearer, ['admin'], Math.floor(Date.now() / 1000) - 1))
      expect((await ended).code).toBe(4401)
      await stage().idle()
    })

    test('lets home end its streams; what home leaves is cut after a grace (real clock, 6 s)', async () => {
      const [gone, good] = [aBearer(), aBearer()]
      await keep(token(gone, ['admin']), token(good, ['admin']))
      const { app } = stage()
      const sources = new Map<string, ReadableStreamDefaultController<Uint8Array>>()
      for (const path of ['/ends', '/stays', '/good']) {
        app.answer(path, () => {
          const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
            start: (controller) => {
              sources.set(path, controller)
              controller.enqueue(new TextEncoder().encode('first '))
            },
          })
          return new Response(source)
        })
      }
      app.answer('/no-head', () => new Promise<Response>(() => {}))
      const whole = (bearer: string, path: string) =>
        ask(bearer, { path }).then(
          ({ status, text }) => `${status} ${text}`,
          () => 'cut',
        )
      const ends = whole(gone, '/ends')
      const stays = whole(gone, '/stays')
      const kept = whole(good, '/good')
      const waiting = ask(gone, { path: '/no-head' })
      await until('all have begun', () => stage().home.tunnel.status.open_streams === 4)
      await keep(token(good, ['admin']))
      const last = (path: string, text: string) => {
        sources.get(path)?.enqueue(new TextEncoder().encode(text))
        sources.get(path)?.close()
      }
      last('/ends', 'goodbye')
      expect(await ends).toBe('200 first goodbye')
      expect(await stays).toBe('cut')
      expect(refusal(await waiting)).toBe('401 AUTH_INVALID')
      last('/good', 'second')
      expect(await kept).toBe('200 first second')
      await stage().idle()
    })
  })

  describe('the limits of the policy', () => {
    test('a token that asks too often is told when it may ask again, and no other is held up', async () => {
      const [eager, calm] = [aBearer(), aBearer()]
      const tokens = Object.fromEntries([token(eager, ['admin']), token(calm, ['admin'])])
      await stage().keep({ tokens, limits: { ...LIMITS, token_per_second: 1, token_burst: 5 } })
      const before = stage().app.seen.length
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask(eager)))
      const refused = answers.filter(({ status }) => status === 429)
      expect(stage().app.seen.length - before).toBe(40 - refused.length)
      // Five at once; one more for each second that this machine was slow.
      expect(40 - refused.length).toBeGreaterThanOrEqual(5)
      expect(refused.length).toBeGreaterThan(0)
      for (const answer of refused) {
        expect([refusal(answer), answer.header('retry-after')]).toEqual(['429 RATE_LIMITED', '1'])
      }
      expect(await outcome(calm)).toBe('home')
      await until('the bucket fills', async () => (await ask(eager)).status === 200)
    })

    test('a body that is announced too large is refused without home', async () => {
      const bearer = aBearer()
      await keep(token(bearer, ['admin']))
      const post = (bytes: number, path = '/v1/invites') =>
        outcome(bearer, {
          method: 'POST',
          path,
          headers: [['content-length', String(bytes)]],
          body: 'x'.repeat(bytes),
        })
      expect(await post(LIMITS.body_bytes)).toBe('home')
      expect(await post(LIMITS.body_bytes + 1)).toBe('413 BODY_TOO_LARGE')
      // Many records at once have any length.
      expect(await post(LIMITS.body_bytes + 1, '/v1/records')).toBe('home')
      // No route of the daemon: what else lives there has limits of its own.
      expect(await post(LIMITS.body_bytes + 1, '/elsewhere')).toBe('home')
    })

    test('a body whose length is not announced is for home to measure', async () => {
      const bearer = aBearer()
      await keep(token(bearer, ['admin']))
      const body = 'x'.repeat(LIMITS.body_bytes + 1)
      const headers = [['transfer-encoding', 'chunked']] as const
      expect(await outcome(bearer, { method: 'POST', headers, body })).toBe('home')
    })
  })
}

function refusal({ status, text }: Answer): string {
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1]
  return code === undefined ? `${status}` : `${status} ${code}`
}
