import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeCode } from '../../../protocol/identity/signed-code.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import { send } from '../../support/clients/send.ts'
import { until } from '../../support/until.ts'

let home: RealHome
beforeAll(async () => {
  home = await aRealHome({ movableClock: true })
})
afterAll(() => home[Symbol.asyncDispose]())
afterEach(() => setGatewayClock(home.gateway.port, 0))

async function post(path: string, body: object): Promise<Record<string, string>> {
  const answer = await home.ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await answer.json()) as Record<string, string>
}

const withTicket = (ticket: string) =>
  send(home.gateway.port, { path: `/v1/connection?ticket=${ticket}` })

describe('whether a code has expired is for the clock of the daemon that has made it, alone:', () => {
  test.for([
    ['45 s slow', 45],
    ['an hour slow', 3600],
    ['an hour fast', -3600],
  ] as const)(
    'a fresh one of a daemon that is %s is good at the gateway',
    async ([_how, seconds]) => {
      await setGatewayClock(home.gateway.port, seconds * 1000)
      const { ticket = '' } = await post('/v1/stream-tickets', { path: '/v1/connection' })
      expect((await withTicket(ticket)).status).toBe(200)
      const { code } = await post('/v1/invites', { device: 'laptop', scopes: ['records:read'] })
      const redeemed = await send(home.gateway.port, {
        method: 'POST',
        path: '/v1/invites/redeem',
        headers: [
          ['authorization', `Bearer ${code}`],
          ['content-type', 'application/json'],
          ['content-length', '2'],
        ],
        body: '{}',
      })
      expect(redeemed.status).toBe(201)
    },
  )

  test('and one that has expired there is refused, even if the gateway’s clock disagrees', async () => {
    const { sign } = home.daemon().identity
    const expires = Math.floor(Date.now() / 1000) - 1
    const nonce = new Uint8Array(16)
    const old = makeCode({ kind: 'ticket', path: '/v1/connection', nonce, expires, sign })
    await setGatewayClock(home.gateway.port, -3_600_000)
    const answer = await withTicket(old)
    expect([answer.status, answer.json()['code'], answer.json()['hop']]).toEqual([
      401,
      'AUTH_INVALID',
      'daemon',
    ])
  })
})

describe('whether a token has expired is judged at the gateway by the clock of home, which its policy tells:', () => {
  const minted = async (seconds: number) => {
    const made = await post('/v1/service-accounts', {
      name: 'short',
      scopes: ['records:read'],
      actors: ['did:sync:user:ada'],
      with_token: true,
      ttl_seconds: seconds,
    })
    const { token } = made['minted'] as unknown as { readonly token: string }
    return () =>
      send(home.gateway.port, {
        path: '/v1/threads',
        headers: [['authorization', `Bearer ${token}`]],
      })
  }

  test.for([
    ['an hour slow', 3600],
    ['an hour fast', -3600],
  ] as const)('of a daemon that is %s', async ([_how, seconds]) => {
    await setGatewayClock(home.gateway.port, seconds * 1000)
    const asks = await minted(60)
    expect((await asks()).status).toBe(200)
    const asksLate = await minted(1)
    await until('it is refused by the gateway itself', async () => {
      const answer = await asksLate()
      return answer.status === 401 && answer.json()['hop'] === 'gateway'
    })
  })
})
