import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aRealHome, type RealHome } from '../support/daemon/a-real-home.ts'
import * as spl from './generated-client.ts'

let home: RealHome
beforeAll(async () => {
  home = await aRealHome()
})
afterAll(() => home[Symbol.asyncDispose]())

describe.for(['loopback', 'gateway'] as const)(
  'a client made from the description, by the %s',
  (way) => {
    const at = (bearer?: string) => ({
      baseUrl:
        way === 'gateway'
          ? home.gateway.origin
          : `http://127.0.0.1:${home.daemon().addresses.tcp.port}`,
      ...(bearer === undefined ? {} : { headers: { authorization: `Bearer ${bearer}` } }),
    })

    /** The answer, which must have this status. */
    function took<Status extends number, Answer extends { readonly status: number }>(
      answer: Answer,
      status: Status,
    ): Extract<Answer, { readonly status: Status }> {
      if (answer.status !== status) throw new Error(JSON.stringify(answer))
      return answer as Extract<Answer, { readonly status: Status }>
    }

    test('reads the description without a bearer', async () => {
      const { data } = took(await spl.getOpenApi(at()), 200)
      expect(data.openapi).toBe('3.1.0')
      expect(took(await spl.getHealth(at()), 200).data.status).toBe('ok')
    })

    test('mints, appends, reads, pages and revokes', async () => {
      const admin = at(home.bearer)
      const account = took(
        await spl.createServiceAccount({ name: 'generated', with_token: true }, admin),
        201,
      ).data
      expect(account.minted?.object).toBe('token')
      const minted = took(await spl.mintToken({ service_account_id: account.id }, admin), 201).data
      const me = at(minted.token)
      const thread = `th_generated_${way}`
      const ids: string[] = []
      for (const n of [1, 2, 3, 4, 5]) {
        const body = { thread, act: 'DO', body: { n } } as const
        const key = { idempotencyKey: `${thread}-${n}` }
        const { data, headers } = took(await spl.appendRecord(body, key, me), 201)
        expect(headers.get('location')).toBe(`/v1/records/${data.id}`)
        expect(took(await spl.appendRecord(body, key, me), 200).data.id).toBe(data.id)
        ids.push(data.id)
      }
      expect(took(await spl.getRecord(ids[0] ?? '', me), 200).data.body).toEqual({ n: 1 })
      const read: string[] = []
      for (let cursor: string | undefined; ;) {
        const query = { thread, limit: 2, ...(cursor === undefined ? {} : { cursor }) }
        const page = took(await spl.listRecords(query, me), 200).data
        read.push(...page.data.map(({ id }) => id))
        if (!page.has_more || page.next_cursor === null) break
        cursor = page.next_cursor
      }
      expect(read).toEqual(ids)
      const changes = took(await spl.listChanges({ thread }, me), 200).data as spl.Changes
      expect(changes.records.map(({ id }) => id)).toEqual(ids)
      expect(
        took(await spl.revokeToken(minted.token_id, {}, admin), 200).data.revoked_at,
      ).toBeGreaterThan(0)
      const refused = took(await spl.getRecord(ids[0] ?? '', me), 401).data
      expect(['AUTH_INVALID', 'AUTH_REVOKED']).toContain(refused.code)
    })

    test('pairs a device, and gets a ticket for its stream', async () => {
      const invite = took(await spl.createInvite({ device: 'phone' }, at(home.bearer)), 201).data
      const paired = took(await spl.redeemInvite({}, at(invite.code)), 201).data
      expect(paired).toMatchObject({ object: 'pairing', device: 'phone' })
      const path = '/v1/sync/subscribe'
      const ticket = took(await spl.createStreamTicket({ path }, at(paired.token)), 201).data
      expect(ticket.ticket).toMatch(/^spt_/)
    })
  },
)
