import { describe, expect, test } from 'vitest'
import { knock } from '../../../support/wire/raw-tunnel.ts'
import { send, type Answer, type Sending } from '../../../support/clients/send.ts'
import type { Stage } from '../../../support/gateway/stage.ts'
import { anIdentity } from '../../../support/test-identity.ts'

/** Addresses that only these cases use; each case takes a new one. */
export const ADDRESS_LIMITS = { address: 12, stranger: 4 }
export const ADDRESS_HEADER = 'X-Client'

/** How many requests one address may make. The gateway must be started with the two constants above. */
export function addressCases(stage: () => Stage): void {
  const other = anIdentity()
  let last = 0
  const address = () => `192.0.2.${(last += 1)}`
  const from = (client: string, sending: Sending = {}) =>
    stage().send({ ...sending, headers: [[ADDRESS_HEADER, client], ...(sending.headers ?? [])] })
  const stranger = (client: string, sending: Sending = {}) =>
    send(stage().gateway.port, {
      ...sending,
      headers: [[ADDRESS_HEADER, client], ...(sending.headers ?? [])],
    })

  /**
   * The first answer of 429, and what came before it. The platform counts in whole minutes of the clock,
   * so the count may begin anew once on the way, and then once more.
   */
  const untilRefused = async (limit: number, act: () => Promise<Answer>) => {
    const before: Answer[] = []
    while (before.length <= 3 * limit) {
      const answer = await act()
      if (answer.status === 429) return { before, refused: answer }
      before.push(answer)
    }
    throw new Error(`${before.length} requests passed, the limit is ${limit}`)
  }

  describe('one address', () => {
    test('may make at most so many requests, with any bearer, and others are not delayed', async () => {
      const client = address()
      const { app } = stage()
      const { before, refused } = await untilRefused(ADDRESS_LIMITS.address, () => from(client))
      expect(before.length).toBeGreaterThanOrEqual(ADDRESS_LIMITS.address)
      expect(before.every(({ status }) => status === 200)).toBe(true)
      expect(refused.json()).toMatchObject({ code: 'RATE_LIMITED', hop: 'gateway' })
      expect(refused.header('retry-after')).toMatch(/^[1-9]\d?$/)
      const seen = app.seen.length
      expect((await from(address())).status).toBe(200)
      expect(app.seen).toHaveLength(seen + 1)
    })

    test('has fewer without a good bearer', async () => {
      for (const headers of [
        [],
        [['authorization', `Bearer ${other.bearer}`]],
        [['authorization', 'Bearer nonsense']],
      ] as const) {
        const client = address()
        const { before, refused } = await untilRefused(ADDRESS_LIMITS.stranger, () =>
          stranger(client, { path: '/v1/records', headers }),
        )
        expect(before.length).toBeGreaterThanOrEqual(ADDRESS_LIMITS.stranger)
        expect(before.every(({ status }) => status === 401)).toBe(true)
        expect(refused.json()['message']).toContain('without a good bearer')
        // Who shows one then is no stranger.
        expect((await from(client)).status).toBe(200)
      }
    })

    test('is a stranger also on open routes', async () => {
      const client = address()
      const { before } = await untilRefused(ADDRESS_LIMITS.stranger, () =>
        stranger(client, { path: '/health' }),
      )
      expect(before.every(({ status }) => status === 200)).toBe(true)
    })

    test('is counted for requests of no good form, too', async () => {
      const client = address()
      const { before } = await untilRefused(ADDRESS_LIMITS.address, () =>
        from(client, { headers: [['x_a', '1']] }),
      )
      expect(before.every(({ status }) => status === 400)).toBe(true)
    })

    test('may knock at the door of the daemon no oftener', async () => {
      const client = address()
      const statuses: number[] = []
      while (!statuses.includes(429) && statuses.length <= 3 * ADDRESS_LIMITS.stranger) {
        const { status } = await knock(stage().gateway.port, { [ADDRESS_HEADER]: client })
        statuses.push(status)
      }
      expect(statuses.slice(0, ADDRESS_LIMITS.stranger)).toEqual(
        Array(ADDRESS_LIMITS.stranger).fill(401),
      )
      expect(statuses.at(-1)).toBe(429)
    })

    test('of IPv6 is its /64, and the next /64 is another', async () => {
      let host = 0
      await untilRefused(ADDRESS_LIMITS.address, () => {
        host += 1
        return from(`2001:db8:1:2:${host.toString(16)}::${host}`)
      })
      expect((await from('2001:db8:1:3::1')).status).toBe(200)
    })
  })

  test('a request whose address is not told has no limit', async () => {
    for (let count = 0; count < 2 * ADDRESS_LIMITS.address; count += 1) {
      expect((await from('')).status).toBe(200)
    }
  })

  test('addresses that cannot be read are counted together: writing one is no way round', async () => {
    const unreadable = ['unknown', '192.0.2.300', '2001:db8::1::2', '192.0.2.1:443', '192.0.2.1, x']
    let asked = 0
    await untilRefused(ADDRESS_LIMITS.address, () => {
      asked += 1
      return from(unreadable[asked % unreadable.length] ?? '')
    })
    expect((await from(address())).status).toBe(200)
  })
}
