import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  INVITE_PATH,
  makeCode,
  type CodeRequest,
} from '../../../../protocol/identity/signed-code.ts'
import { send, type Fields, type Sending } from '../../../support/clients/send.ts'
import { until } from '../../../support/until.ts'
import type { Stage } from '../../../support/gateway/stage.ts'
import { anIdentity } from '../../../support/test-identity.ts'

const CHANGES = '/v1/sync/changes'

/** Each route's own rule, held in the Worker: neither the object nor home hears of what breaks it. */
export function routeCases(stage: () => Stage): void {
  const other = anIdentity()
  const now = () => Math.floor(Date.now() / 1000)
  const code = (parts: Partial<CodeRequest>) =>
    makeCode({
      kind: 'ticket',
      path: CHANGES,
      nonce: randomBytes(16),
      expires: now() + 30,
      sign: stage().identity.sign,
      ...parts,
    })
  const invite = (parts: Partial<CodeRequest> = {}) =>
    code({ kind: 'invite', path: INVITE_PATH, expires: now() + 3600, ...parts })
  const bearer = (text: string): Fields => [['authorization', `Bearer ${text}`]]
  const objectRequests = () =>
    stage().gateway.log.filter((line) => line.includes('object request')).length

  /** Sends without a bearer of its own. Status and code, and `asked` if the object or home heard of it. */
  const outcome = async (sending: Sending): Promise<string> => {
    const before = stage().app.seen.length
    const answer = await send(stage().gateway.port, sending)
    if (answer.status === 200) return stage().app.seen.length === before + 1 ? 'home' : 'lost'
    expect(stage().app.seen).toHaveLength(before)
    expect(answer.json()['hop']).toBe('gateway')
    return `${answer.status} ${String(answer.json()['code'])}`
  }
  /** The object's log is written late: up to a request that is known by its id it is whole. */
  const counted = async (): Promise<number> => {
    const id = (await stage().send({ path: '/counted' })).header('x-request-id') ?? 'none'
    await until('it is in the log', () => stage().gateway.log.some((line) => line.includes(id)))
    return objectRequests()
  }
  const withoutObject = async (act: () => Promise<void>): Promise<void> => {
    const before = await counted()
    await act()
    expect(await counted()).toBe(before + 1)
  }

  describe('a route that answers at home only', () => {
    test.for([
      '/v1/bootstrap/service-account',
      '/v1/bootstrap/service-account?x=1',
      '/v1/%62ootstrap/service-account',
      '/%761/bootstrap/service%2Daccount',
      '/v1%2fbootstrap/service-account',
      '/v1%2Fbootstrap%2Fservice-account',
      '/v1/bootstrap/service-account%3fx',
      '/%76%31/%62%6f%6f%74%73%74%72%61%70/%73%65%72%76%69%63%65%2d%61%63%63%6f%75%6e%74',
    ])('as %s is refused at once, with and without a bearer', async (path) => {
      await withoutObject(async () => {
        for (const method of ['POST', 'GET', 'PUT', 'OPTIONS']) {
          for (const headers of [[], bearer(stage().identity.bearer), bearer(other.bearer)]) {
            expect(await outcome({ method, path, headers })).toBe('403 LOCAL_ONLY')
          }
        }
      })
    })

    test.for([
      '/v1/bootstrap/service-accounts',
      '/v1/bootstrap/service-account/x',
      '/v1/bootstrap',
      '/v1/%2562ootstrap/service-account',
      '/v1/bootstrap/service-account%ff',
    ])('is not %s', async (path) => {
      expect(await outcome({ method: 'POST', path })).toBe('401 AUTH_REQUIRED')
    })
  })

  describe('an open route', () => {
    test.for(['/health', '/health?x', '/.well-known/syncropel'])(
      '%s needs no bearer',
      async (path) => {
        expect(await outcome({ path })).toBe('home')
        expect(await outcome({ path, headers: bearer(other.bearer) })).toBe('401 AUTH_INVALID')
      },
    )

    test('is open to its own method only', async () => {
      expect(await outcome({ method: 'POST', path: '/health' })).toBe('401 AUTH_REQUIRED')
    })
  })

  describe('an invite', () => {
    const redeem = (headers: Fields, path = INVITE_PATH) =>
      outcome({ method: 'POST', path, headers, body: '{}' })

    test('that the owner signed opens the one route', async () => {
      expect(await redeem(bearer(invite()))).toBe('home')
      expect(stage().app.seen.at(-1)?.url).toContain(INVITE_PATH)
      expect(await redeem([['authorization', `bearer ${invite()}`]])).toBe('home')
    })

    test('of any other kind stays outside, and so does a bearer', async () => {
      await withoutObject(async () => {
        const good = invite()
        const flipped = `${good.slice(0, 30)}${good[30] === '2' ? '3' : '2'}${good.slice(31)}`
        for (const headers of [
          bearer(stage().identity.bearer),
          bearer(invite({ sign: other.sign })),
          bearer(invite({ path: CHANGES })),
          bearer(code({ kind: 'ticket', path: INVITE_PATH })),
          bearer(flipped),
          bearer(''),
          bearer(`${good} x`),
          [['authorization', `Basic ${good}`]],
          [['authorization', good]],
        ] as Fields[]) {
          expect(await redeem(headers)).toBe('401 AUTH_INVALID')
        }
        expect(await redeem([])).toBe('401 AUTH_REQUIRED')
        expect(await redeem([], `${INVITE_PATH}?ticket=${good}`)).toBe('401 AUTH_REQUIRED')
        expect(await redeem([...bearer(good), ...bearer(good)])).toBe('400 INVALID_HEADERS')
      })
    })

    test('that has expired is for home to refuse, whose clock made it', async () => {
      expect(await redeem(bearer(invite({ expires: now() - 1 })))).toBe('home')
    })

    test('opens nothing else', async () => {
      await withoutObject(async () => {
        expect(await outcome({ path: '/v1/records', headers: bearer(invite()) })).toBe(
          '401 AUTH_INVALID',
        )
        expect(await redeem(bearer(invite()), '/v1/invites')).toBe('401 AUTH_INVALID')
      })
    })
  })

  describe('a ticket', () => {
    const stream = (query: string, path = CHANGES, headers: Fields = []) =>
      outcome({ path: `${path}?${query}`, headers })

    test('that the owner signed for this path stands for a bearer', async () => {
      expect(await stream(`since=0&ticket=${code({})}`)).toBe('home')
      expect(
        await stream(`ticket=${code({ path: '/v1/sync/subscribe' })}`, '/v1/sync/subscribe'),
      ).toBe('home')
      expect(
        stage()
          .app.seen.at(-1)
          ?.headers.some(([name]) => name === 'authorization'),
      ).toBe(false)
    })

    test('of any other kind does not', async () => {
      await withoutObject(async () => {
        for (const query of [
          `ticket=${code({ sign: other.sign })}`,
          `ticket=${code({ path: '/v1/sync/subscribe' })}`,
          `ticket=${invite({ path: CHANGES })}`,
          `ticket=${code({})}&ticket=${code({})}`,
          `ticket=${code({})}&%74icket=x`,
          `ticket=&ticket=${code({})}`,
          `ticket=${code({})}x`,
          'ticket=',
          'ticket',
          `ticket=${stage().identity.bearer}`,
        ]) {
          expect([query, await stream(query)]).toEqual([query, '401 AUTH_INVALID'])
        }
      })
    })

    test('that has expired is for home to refuse, whose clock made it', async () => {
      expect(await stream(`ticket=${code({ expires: now() - 1 })}`)).toBe('home')
    })

    test('is nothing beside a bearer, which alone counts', async () => {
      const good = bearer(stage().identity.bearer)
      expect(await stream('ticket=nonsense', CHANGES, good)).toBe('home')
      expect(await stream(`ticket=${code({})}`, CHANGES, bearer(other.bearer))).toBe(
        '401 AUTH_INVALID',
      )
    })

    test('opens no route that does not take one', async () => {
      await withoutObject(async () => {
        const path = '/v1/records'
        expect(await stream(`ticket=${code({ path })}`, path)).toBe('401 AUTH_REQUIRED')
        const spelled = '/v1/sync/%63hanges'
        expect(await stream(`ticket=${code({ path: spelled })}`, spelled)).toBe('401 AUTH_REQUIRED')
        expect(
          await outcome({ method: 'POST', path: `${CHANGES}?ticket=${code({})}`, body: '' }),
        ).toBe('401 AUTH_REQUIRED')
      })
    })
  })

  test.for(['access_token', 'token', 'bearer', 'authorization', 'ticket'])(
    'a bearer in the query, as %s, is never taken',
    async (name) => {
      for (const path of ['/v1/records', CHANGES]) {
        expect(await outcome({ path: `${path}?${name}=${stage().identity.bearer}` })).toMatch(
          /^401/,
        )
      }
    },
  )
}
