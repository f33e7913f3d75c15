import { randomBytes } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import type { FreshToken } from '../../../local-daemon/access/accounts.ts'
import { EventStreamAnswer } from '../../../local-daemon/http/streams/event-stream-answer.ts'
import type { RequestFacts } from '../../../local-daemon/access/request-facts.ts'
import { LocalExchange } from '../../../local-daemon/tunnel/exchange/local-exchange.ts'
import { decodeResponseHead } from '../../../protocol/tunnel/heads.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { makeCode, parseCode, type CodeRequest } from '../../../protocol/identity/signed-code.ts'
import { anIdentity } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'
import { requestHead } from '../../support/wire/mux-end.ts'
import { aDaemon, type TestDaemon } from '../../support/daemon/a-daemon.ts'

const STREAM = '/v1/sync/subscribe'
const VIEW = `${STREAM}?thread=th_test`
const TUNNEL: RequestFacts = { via: 'tunnel' }

/** A request as the tunnel, or whatever else `facts` say, hands it over. */
async function ask(at: TestDaemon, target: string, facts: RequestFacts, init: RequestInit = {}) {
  const headers = { ...(init.headers as Record<string, string>), host: new URL(at.base).host }
  const request = new Request(at.base + target, { ...init, headers })
  const answer = await at.daemon.app.fetch(request, facts)
  const resume = answer instanceof EventStreamAnswer ? answer.resume : undefined
  // An event stream would be followed for good.
  const text = answer.status >= 400 ? await answer.text() : ''
  const { code } = (text === '' ? {} : JSON.parse(text)) as { readonly code?: string }
  await answer.body?.cancel().catch(() => {})
  return {
    status: answer.status,
    code,
    resume,
    answer,
  }
}

const aReader = (at: TestDaemon, expiresAt: number | null = null): Promise<FreshToken> =>
  at.daemon.access.accounts.createWithToken({ name: 'page', scopes: ['records:read'] }, expiresAt)

async function aTicket(at: TestDaemon, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await at.post('/v1/stream-tickets', { path: STREAM }, headers)
  return ((await answer.json()) as { ticket: string }).ticket
}

/** The leave that came with a stream which a reader's ticket has opened. */
async function aLeave(at: TestDaemon, token: string): Promise<string> {
  const { resume } = await ask(at, `${VIEW}&ticket=${await aTicket(at, token)}`, TUNNEL)
  if (resume === undefined) throw new Error('no leave to resume')
  return resume
}

describe('the leave to resume a stream', () => {
  it('is given with a ticket’s stream, works repeatedly, and is renewed each time', async () => {
    await using at = await aDaemon()
    const { token, tokenId } = await aReader(at)
    const leave = await aLeave(at, token)
    expect(leave).toMatch(/^spr_/)
    const { nonce, expires } = parseCode(leave) ?? {}
    expect(Buffer.from(nonce ?? []).toString('hex')).toBe(tokenId.slice(0, 32))
    expect(Math.abs((expires ?? 0) - LIMITS.resumeSeconds - Date.now() / 1000)).toBeLessThan(5)
    for (let count = 0; count < 2; count += 1) {
      const again = await ask(at, VIEW, { ...TUNNEL, resume: leave })
      expect([again.status, again.resume?.slice(0, 4)]).toEqual([200, 'spr_'])
    }
  })

  it('is given to the owner’s ticket too, and with nothing else', async () => {
    await using at = await aDaemon()
    const { tickets } = at.daemon.access
    const owners = () => tickets.issue({ kind: 'owner' }, STREAM).ticket
    const { resume = '' } = await ask(at, `${VIEW}&ticket=${owners()}`, TUNNEL)
    // No fresh one: nobody could revoke what follows from it, so it is to end with its day.
    for (let count = 0; count < 2; count += 1) {
      const again = await ask(at, VIEW, { ...TUNNEL, resume })
      expect([again.status, again.resume]).toEqual([200, undefined])
    }
    for (const via of ['loopback', 'proxy', 'socket'] as const) {
      const { status, resume: given } = await ask(at, `${VIEW}&ticket=${owners()}`, { via })
      expect([via, status, given]).toEqual([via, 200, undefined])
    }
    const { token } = await aReader(at)
    const init = { headers: { authorization: `Bearer ${token}` } }
    const withBearer = await ask(at, `${VIEW}&ticket=${owners()}`, TUNNEL, init)
    expect([withBearer.status, withBearer.resume]).toEqual([200, undefined])
  })

  it('is never in a header of the answer', async () => {
    await using at = await aDaemon()
    const { token } = await aReader(at)
    const { answer } = await ask(at, `${VIEW}&ticket=${await aTicket(at, token)}`, TUNNEL)
    expect([...answer.headers].flat().filter((text) => /spr_|x-spl/.test(text))).toEqual([])
  })

  it('is sent with the head of the answer, and only to a gateway that can resume', async () => {
    await using at = await aDaemon()
    const { token } = await aReader(at)
    const given = async (join: { readonly join?: true }): Promise<string | undefined> => {
      const target = `${VIEW}&ticket=${await aTicket(at, token)}`
      const head = { ...requestHead(target), host: new URL(at.base).host, ...join }
      let answered: Uint8Array | undefined
      const stream = {
        respond: (bytes: Uint8Array) => (answered = bytes) === bytes,
        write: () => true,
        end: () => {},
        reset: () => {},
        consumed: () => {},
        join: () => true,
      }
      const exchange = new LocalExchange(stream, head, true, (error) => {
        throw error
      })
      const run = exchange.run(at.daemon.app, head)
      await until('it is answered', () => answered !== undefined)
      exchange.reset(RESET.CANCEL)
      await run
      const { status, headers } = decodeResponseHead(answered as Uint8Array)
      expect(status).toBe(200)
      return headers.find(([name]) => name === 'x-spl-resume')?.[1]
    }
    expect(await given({ join: true })).toMatch(/^spr_/)
    expect(await given({})).toBeUndefined()
  })

  it('counts for the very request alone', async () => {
    await using at = await aDaemon()
    const resume = await aLeave(at, (await aReader(at)).token)
    const facts = { ...TUNNEL, resume }
    for (const [target, method, code] of [
      [STREAM, 'GET', 'AUTH_INVALID'],
      [`${STREAM}?thread=th_other`, 'GET', 'AUTH_INVALID'],
      [`${VIEW}&since=now`, 'GET', 'AUTH_INVALID'],
      ['/v1/sync/changes?thread=th_test', 'GET', 'AUTH_INVALID'],
      ['/v1/sync/changes?thread=th_test&feed=continuous', 'GET', 'AUTH_INVALID'],
      ['/v1/records', 'GET', 'AUTH_REQUIRED'],
      ['/v1/identity', 'GET', 'AUTH_REQUIRED'],
      ['/v1/stream-tickets', 'POST', 'AUTH_REQUIRED'],
      ['/v1/records', 'POST', 'AUTH_REQUIRED'],
    ] as const) {
      const { status, code: told } = await ask(at, target, facts, { method })
      expect([target, status, told]).toEqual([target, 401, code])
    }
    expect((await ask(at, VIEW, facts, { method: 'HEAD' })).status).toBe(401)
    // A ticket that is burnt stays so beside it: it is no part of what was signed.
    const burnt = await aTicket(at, at.bearer)
    await ask(at, `${VIEW}&ticket=${burnt}`, TUNNEL)
    expect((await ask(at, `${VIEW}&ticket=${burnt}`, TUNNEL)).status).toBe(401)
  })

  it('is refused in every place of a request that did not come through the tunnel', async () => {
    await using at = await aDaemon()
    const leave = await aLeave(at, (await aReader(at)).token)
    for (const headers of [
      { authorization: `Bearer ${leave}` },
      { 'x-spl-resume': leave },
      { 'x-spl-resume': leave, 'x-forwarded-for': '203.0.113.9' },
    ] as Record<string, string>[]) {
      expect((await fetch(at.base + VIEW, { headers })).status).toBe(401)
    }
    expect((await fetch(`${at.base}${VIEW}&ticket=${leave}`)).status).toBe(401)
    for (const via of ['loopback', 'proxy'] as const) {
      expect((await ask(at, VIEW, { via, resume: leave })).status).toBe(401)
    }
    // Nor as a bearer, a ticket or a header inside the tunnel: there only the gateway's own word counts.
    const init = { headers: { authorization: `Bearer ${leave}` } }
    expect((await ask(at, VIEW, TUNNEL, init)).code).toBe('AUTH_INVALID')
    expect((await ask(at, `${VIEW}&ticket=${leave}`, TUNNEL)).code).toBe('AUTH_INVALID')
    const header = { headers: { 'x-spl-resume': leave } }
    expect((await ask(at, VIEW, TUNNEL, header)).code).toBe('AUTH_REQUIRED')
  })

  it('that is forged, of another kind or of an unknown account is refused', async () => {
    await using at = await aDaemon()
    const { token, tokenId } = await aReader(at)
    const { sign } = at.daemon.identity
    const nonce = Buffer.from(tokenId, 'hex').subarray(0, 16)
    const expires = Math.floor(Date.now() / 1000) + 60
    const good: CodeRequest = { kind: 'resume', path: VIEW, nonce, expires, sign }
    expect((await ask(at, VIEW, { ...TUNNEL, resume: makeCode(good) })).status).toBe(200)
    for (const resume of [
      makeCode({ ...good, sign: anIdentity().sign }),
      makeCode({ ...good, kind: 'ticket' }),
      makeCode({ ...good, kind: 'invite' }),
      makeCode({ ...good, nonce: randomBytes(16) }),
      makeCode({ ...good, expires: expires - 61 }),
      makeCode({ ...good, path: STREAM }),
      await aTicket(at, token),
      token,
      'spr_',
      '',
    ]) {
      const { status, code } = await ask(at, VIEW, { ...TUNNEL, resume })
      expect([resume, status, code]).toEqual([resume, 401, 'AUTH_INVALID'])
    }
  })

  it('ends after its time, and with what the holder’s token was granted, which is told', async () => {
    await using at = await aDaemon()
    const { accounts } = at.daemon.access
    const reader = await aReader(at)
    const short = await aReader(at, Math.floor(Date.now() / 1000) + 60)
    const lasting = await aReader(at)
    const facts = { ...TUNNEL, resume: await aLeave(at, reader.token) }
    const ofShort = { ...TUNNEL, resume: await aLeave(at, short.token) }
    const ofLasting = { ...TUNNEL, resume: await aLeave(at, lasting.token) }
    await accounts.revokeToken(reader.tokenId)
    expect((await ask(at, VIEW, facts)).code).toBe('AUTH_REVOKED')
    const now = Date.now()
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + 61_000)
    try {
      expect((await ask(at, VIEW, ofShort)).code).toBe('AUTH_INVALID')
      expect((await ask(at, VIEW, ofLasting)).status).toBe(200)
      clock.mockImplementation(() => now + 1000 * (LIMITS.resumeSeconds + 1))
      expect((await ask(at, VIEW, ofLasting)).code).toBe('AUTH_INVALID')
    } finally {
      vi.restoreAllMocks()
    }
    await accounts.revokeAccount(lasting.account, null)
    expect((await ask(at, VIEW, ofLasting)).code).toBe('AUTH_REVOKED')
  })

  it('gives no scope that its token has not', async () => {
    await using at = await aDaemon()
    const request = { name: 'writer', scopes: ['records:write'] } as const
    const { tokenId } = await at.daemon.access.accounts.createWithToken(request, null)
    const { sign } = at.daemon.identity
    const nonce = Buffer.from(tokenId, 'hex').subarray(0, 16)
    const resume = makeCode({ kind: 'resume', path: VIEW, nonce, expires: 2e9, sign })
    expect((await ask(at, VIEW, { ...TUNNEL, resume })).code).toBe('SCOPE_FORBIDDEN')
  })
})
