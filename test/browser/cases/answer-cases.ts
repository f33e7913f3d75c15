import { describe, expect, test } from 'vitest'
import { ADA, aDraft } from '../../support/daemon/a-daemon.ts'
import { HOPS, type BrowserStage } from '../a-browser-stage.ts'
import { openPage, type PageRequest } from '../open-page.ts'

interface Row {
  readonly what: string
  readonly path: string
  readonly init?: (stage: BrowserStage) => PageRequest
  /** What a page sees that may call. */
  readonly allowed: string
  /** What any other sees. */
  readonly other: string
}

const HIDDEN = 'TypeError: MissingAllowOriginHeader'
/** The browser asked first, and never sent the request itself. */
const HELD_BACK = 'TypeError: PreflightMissingAllowOriginHeader'

const as =
  (who: keyof BrowserStage['bearers'], init: PageRequest = {}) =>
  (stage: BrowserStage): PageRequest => ({
    ...init,
    headers: { authorization: `Bearer ${stage.bearers[who]}`, ...init.headers },
  })
const posting = (body: unknown): PageRequest => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const large = () => posting(aDraft({ body: { text: 'x'.repeat(1_300_000) } }))

const ROWS: readonly Row[] = [
  { what: 'a simple GET', path: '/health', allowed: '200', other: HIDDEN },
  {
    what: 'a simple HEAD',
    path: '/health',
    init: () => ({ method: 'HEAD' }),
    allowed: '200',
    other: HIDDEN,
  },
  {
    what: 'a GET with a bearer',
    path: '/v1/threads',
    init: as('admin'),
    allowed: '200',
    other: HELD_BACK,
  },
  {
    what: 'a HEAD with a bearer',
    path: '/v1/threads',
    init: as('admin', { method: 'HEAD' }),
    allowed: '200',
    other: HELD_BACK,
  },
  {
    what: 'a POST of JSON',
    path: '/v1/records',
    init: as('admin', posting(aDraft())),
    allowed: '201',
    other: HELD_BACK,
  },
  {
    what: 'a POST with every header that may be sent',
    path: '/v1/records',
    // A key of its own each time: the daemon remembers what it is used for.
    init: (stage) =>
      as('admin', {
        ...posting(aDraft()),
        headers: {
          'content-type': 'application/json',
          'idempotency-key': crypto.randomUUID(),
          'last-event-id': 'none',
          'x-syncropel-actor': ADA,
        },
      })(stage),
    allowed: '201',
    other: HELD_BACK,
  },
  {
    what: 'a DELETE of nothing',
    path: `/v1/tokens/${'0'.repeat(64)}`,
    init: as('admin', { method: 'DELETE' }),
    allowed: '404 NOT_FOUND',
    other: HELD_BACK,
  },
  {
    what: 'a method that is not on the list',
    path: '/v1/records',
    init: as('admin', { method: 'PUT' }),
    allowed: 'TypeError: MethodDisallowedByPreflightResponse',
    other: HELD_BACK,
  },
  {
    what: 'a header that is not on the list',
    path: '/health',
    init: () => ({ headers: { 'x-forwarded-for': '127.0.0.1' } }),
    allowed: 'TypeError: HeaderDisallowedByPreflightResponse',
    other: HELD_BACK,
  },
  {
    what: 'a simple GET that wants to bring cookies',
    path: '/health',
    init: () => ({ credentials: 'include' }),
    allowed: 'TypeError: InvalidAllowCredentials',
    other: HIDDEN,
  },
  {
    what: 'a GET with a bearer that wants to bring cookies',
    path: '/v1/threads',
    init: as('admin', { credentials: 'include' }),
    allowed: 'TypeError: PreflightInvalidAllowCredentials',
    other: HELD_BACK,
  },
  {
    what: 'a GET with a bearer and credentials left out',
    path: '/v1/threads',
    init: as('admin', { credentials: 'omit' }),
    allowed: '200',
    other: HELD_BACK,
  },
  { what: 'no bearer', path: '/v1/threads', allowed: '401 AUTH_REQUIRED', other: HIDDEN },
  {
    what: 'a bearer that nobody issued',
    path: '/v1/threads',
    init: as('forged'),
    allowed: '401 AUTH_INVALID',
    other: HELD_BACK,
  },
  {
    what: 'a bearer that lacks the scope',
    path: '/v1/records',
    init: as('reader', posting(aDraft())),
    allowed: '403 SCOPE_FORBIDDEN',
    other: HELD_BACK,
  },
  {
    what: 'a path that is none',
    path: '/nothing',
    init: as('admin'),
    allowed: '404 NOT_FOUND',
    other: HELD_BACK,
  },
  {
    what: 'a query that is wrong',
    path: '/v1/records?limit=x',
    init: as('admin'),
    allowed: '400 INVALID_REQUEST',
    other: HELD_BACK,
  },
  {
    what: 'a clock that is taken',
    path: '/v1/records',
    init: as('admin', posting(aDraft({ thread: 'th_clash', clock: 0, body: { text: 'late' } }))),
    allowed: '409 CLOCK_CONFLICT',
    other: HELD_BACK,
  },
  {
    what: 'a body that is too large',
    path: '/v1/records',
    init: as('admin', large()),
    allowed: '413 BODY_TOO_LARGE',
    other: HELD_BACK,
  },
]

/** What pages see of answers, of errors above all: a refusal that a page cannot read leaves it guessing. */
export function answerCases(stage: () => BrowserStage): void {
  describe.each(HOPS)('%s answers', (hop) => {
    const url = (path: string) => stage().url(hop, path)

    test.each(ROWS)('$what: $allowed, and elsewhere $other', async (row) => {
      const { allowed, other, daemon } = stage()
      await daemon().store.append(aDraft({ thread: 'th_clash', clock: 0, body: { text: 'first' } }))
      const init = row.init?.(stage()) ?? {}
      expect((await allowed.ask(url(row.path), init)).outcome).toBe(row.allowed)
      expect((await other.ask(url(row.path), init)).outcome).toBe(row.other)
    })

    test('a DELETE, which counts at once', async () => {
      const { allowed, other, bearers, daemon } = stage()
      const account = { name: 'short-lived', scopes: ['records:read'] } as const
      const { accounts } = daemon().access
      const { token, tokenId } = await accounts.createWithToken(account, null)
      const asks = async () => {
        const headers = { authorization: `Bearer ${token}` }
        return (await allowed.ask(url('/v1/threads'), { headers })).outcome
      }
      const deleting = {
        method: 'DELETE',
        headers: { authorization: `Bearer ${bearers.admin}` },
      } as const
      expect((await other.ask(url(`/v1/tokens/${tokenId}`), deleting)).outcome).toBe(HELD_BACK)
      expect(await asks()).toBe('200')
      expect((await allowed.ask(url(`/v1/tokens/${tokenId}`), deleting)).outcome).toBe('200')
      expect(await asks()).toMatch(/^401 /)
    })

    test('with the headers that are exposed, and no others', async () => {
      const { allowed, bearers } = stage()
      const made = await allowed.ask(url('/v1/records'), as('admin', posting(aDraft()))(stage()))
      const { id } = JSON.parse(made.text) as { id: string }
      expect(made.headers).toEqual({
        'cache-control': expect.stringContaining('no-store'),
        'content-length': String(new TextEncoder().encode(made.text).length),
        'content-type': 'application/json',
        location: `/v1/records/${id}`,
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      })
      const refused = await allowed.ask(url('/v1/threads'), {
        headers: { authorization: `Bearer ${bearers.forged}` },
      })
      expect(refused.headers).toMatchObject({
        'www-authenticate': expect.stringMatching(/^Bearer/),
      })
      expect(JSON.parse(refused.text)).toMatchObject({
        request_id: refused.headers['x-request-id'],
        hop: hop === 'gateway' ? 'gateway' : 'daemon',
      })
    })

    test('a page without an origin of its own, which anybody can make, like any other', async () => {
      const { browser, sites } = stage()
      const context = await browser.newContext()
      const sandboxed = await openPage(context, `${sites.allowed.origin}/sandboxed`)
      expect((await sandboxed.ask(url('/health'))).outcome).toBe(HIDDEN)
      expect((await sandboxed.ask(url('/v1/threads'), as('admin')(stage()))).outcome).toBe(
        HELD_BACK,
      )
      await context.close()
    })

    test('a write that needs no preflight with a refusal, so that nothing is written unseen', async () => {
      const { allowed, other, daemon } = stage()
      const draft = aDraft({ thread: 'th_unasked' })
      const simple = { method: 'POST', body: JSON.stringify(draft) } as const
      const seen = (await allowed.ask(url('/v1/records'), simple)).outcome
      expect(seen).toBe('401 AUTH_REQUIRED')
      expect((await other.ask(url('/v1/records'), simple)).outcome).toBe(HIDDEN)
      // An opaque answer: the page learns nothing of it, not even its status.
      expect((await other.ask(url('/v1/records'), { ...simple, mode: 'no-cors' })).outcome).toBe(
        '0',
      )
      expect(daemon().store.thread('th_unasked')).toBeUndefined()
    })
  })
}
