import { describe, expect, test } from 'vitest'
import { send, type Fields } from '../../../support/clients/send.ts'
import type { Stage } from '../../../support/gateway/stage.ts'
import { anIdentity } from '../../../support/test-identity.ts'

/** Who may not in: refused in the Worker, before the object or home hears of it. */
export function refusalCases(stage: () => Stage): void {
  const other = anIdentity()
  const bearers = (): readonly (readonly [string, Fields, string])[] => {
    const good = stage().identity.bearer
    const [spl, env, sa, id, secret] = good.split('_') as [string, string, string, string, string]
    const with1 = (value: string): Fields => [['authorization', value]]
    const flipped = `${secret.slice(0, 40)}${secret[40] === '2' ? '3' : '2'}${secret.slice(41)}`
    return [
      ['none', [], 'AUTH_REQUIRED'],
      ['an empty one', with1(''), 'AUTH_REQUIRED'],
      ['another scheme', with1(`Basic ${good}`), 'AUTH_INVALID'],
      ['no scheme', with1(good), 'AUTH_INVALID'],
      ['a tab', with1(`Bearer\t${good}`), 'AUTH_INVALID'],
      ['something after it', with1(`Bearer ${good} x`), 'AUTH_INVALID'],
      ['another form', with1('Bearer abc'), 'AUTH_INVALID'],
      ['a very long one', with1(`Bearer ${'a'.repeat(20_000)}`), 'AUTH_INVALID'],
      [
        'another environment',
        with1(`Bearer ${[spl, 'x', sa, id, secret].join('_')}`),
        'AUTH_INVALID',
      ],
      [
        'another account',
        with1(`Bearer ${[spl, env, sa, `${id}0`, secret].join('_')}`),
        'AUTH_INVALID',
      ],
      [
        'a changed secret',
        with1(`Bearer ${[spl, env, sa, id, flipped].join('_')}`),
        'AUTH_INVALID',
      ],
      ['one by another instance', with1(`Bearer ${other.bearer}`), 'AUTH_INVALID'],
      ['two', [...with1(`Bearer ${good}`), ...with1(`Bearer ${good}`)], 'INVALID_HEADERS'],
    ]
  }

  describe('without a bearer that the owner signed', () => {
    test('a request reaches neither home nor the object', async () => {
      const { gateway, app, identity } = stage()
      // Prove first that a request of the object would show in the log.
      const counted = () => gateway.log.filter((line) => line.includes('object request')).length
      const start = counted()
      await stage().send({ path: '/counted' })
      await expect.poll(counted).toBe(start + 1)
      const seen = app.seen.length
      for (const [name, headers, code] of bearers()) {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const answer = await send(gateway.port, { method, path: '/v1/records', headers })
          const status = code === 'INVALID_HEADERS' ? 400 : 401
          expect([name, answer.status, answer.json()['code']]).toEqual([name, status, code])
          if (status === 401) expect(answer.header('www-authenticate')).toBe('Bearer')
          expect(answer.text).not.toContain(identity.bearer)
        }
      }
      const upgrade = [
        ['connection', 'upgrade'],
        ['upgrade', 'websocket'],
        ['sec-websocket-version', '13'],
        ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ] as const
      expect((await send(gateway.port, { path: '/ws', headers: upgrade })).status).toBe(401)
      await stage().send({ path: '/counted' })
      await expect.poll(counted).toBe(start + 2)
      expect(app.seen).toHaveLength(seen + 1)
    })

    test('one that stands after several blanks is taken, as RFC 9110 has it', async () => {
      const { gateway, app, identity } = stage()
      const seen = app.seen.length
      const headers = [['authorization', `Bearer  ${identity.bearer}`]] as const
      expect((await send(gateway.port, { path: '/counted', headers })).status).toBe(200)
      expect(app.seen).toHaveLength(seen + 1)
    })

    test('/health answers, but not with a bad bearer', async () => {
      const { gateway } = stage()
      expect((await send(gateway.port, { path: '/health' })).text).toBe('home')
      const headers = [['authorization', `Bearer ${other.bearer}`]] as const
      expect((await send(gateway.port, { path: '/health', headers })).status).toBe(401)
      expect((await send(gateway.port, { path: '/health/' })).status).toBe(401)
      expect((await send(gateway.port, { path: '/Health' })).status).toBe(401)
      expect((await send(gateway.port, { path: '/%68ealth' })).status).toBe(401)
    })
  })

  describe('from a browser of another origin', () => {
    test.for([
      ['a preflight', 'OPTIONS', [['access-control-request-method', 'GET']], 403],
      ['a request', 'GET', [], 200],
      ['a request without a bearer', 'GET', undefined, 401],
    ] as const)('%s gets no permission', async ([_name, method, extra, status]) => {
      const headers = [['origin', 'https://evil.example'] as const, ...(extra ?? [])]
      const sending = { method, path: '/cors', headers }
      const answer = await (extra === undefined
        ? send(stage().gateway.port, sending)
        : stage().send(sending))
      expect(answer.status).toBe(status)
      const permissions = answer.fields.filter(([name]) => /^access-control/i.test(name))
      expect(permissions).toEqual([])
    })
  })
}
