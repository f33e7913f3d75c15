import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

type Json = Readonly<Record<string, unknown>>
interface Asked {
  readonly threads?: readonly string[]
  readonly namespaces?: readonly string[]
}
const reach = ({ threads = [], namespaces = [] }: Asked) => ({ namespaces, threads })
const withBearer = (token: unknown) => ({ authorization: `Bearer ${String(token)}` })
let at: TestDaemon

beforeAll(async () => {
  at = await aDaemon()
  for (const name of ['team', 'team/ops', 'other']) await post('/v1/namespaces', { name })
  for (const [thread, namespace] of [
    ['th_in', 'team/ops'],
    ['th_out', 'other'],
  ] as const) {
    await at.daemon.store.append(aDraft({ thread, body: { namespace } }))
  }
})
afterAll(() => at[Symbol.asyncDispose]())

async function post(path: string, body: unknown, headers?: Record<string, string>) {
  const answer = await at.post(path, body, headers)
  return { status: answer.status, body: (await answer.json()) as Json }
}

async function anAccount(where: Asked | undefined, scopes = ['records:read']): Promise<string> {
  const made = await post('/v1/service-accounts', { name: 'x', scopes, reach: where })
  return String(made.body['id'])
}

async function mint(account: string, where?: Asked, ttl?: number): Promise<Json> {
  const asked = { service_account_id: account, reach: where, ttl_seconds: ttl }
  return (await post('/v1/tokens', asked)).body
}
const rotate = (account: string, body: unknown = {}) =>
  post(`/v1/service-accounts/${account}/rotate`, body)
const exchange = (token: unknown, body: unknown = {}) =>
  post('/v1/tokens/self/rotate', body, withBearer(token))
const reachNow = async (token: unknown) =>
  ((await (await at.get('/v1/identity', withBearer(token))).json()) as Json)['reach']

describe('an account that is rotated', () => {
  it.each<[string, Asked | undefined]>([
    ['everywhere', undefined],
    ['two threads', { threads: ['th_a', 'th_b'] }],
  ])('and reaches %s: its token reaches no more than the one it replaces', async (_of, account) => {
    const id = await anAccount(account)
    await mint(id, { threads: ['th_a'] })
    const first = await rotate(id)
    expect(first).toMatchObject({ status: 201, body: { reach: reach({ threads: ['th_a'] }) } })
    expect(await reachNow(first.body['token'])).toEqual(reach({ threads: ['th_a'] }))
    // Nor does it grow by being rotated again.
    expect(await rotate(id)).toMatchObject({ body: { reach: reach({ threads: ['th_a'] }) } })
  })

  it('with several tokens: where they reached together, or as the account if one did', async () => {
    const id = await anAccount(undefined)
    await mint(id, { threads: ['th_a'] })
    await mint(id, { namespaces: ['team'] })
    const both = reach({ threads: ['th_a'], namespaces: ['team'] })
    expect(await rotate(id)).toMatchObject({ body: { reach: both } })
    await mint(id)
    expect(await rotate(id)).toMatchObject({ body: { reach: null } })
  })

  it('without a token that is left reaches what the account does', async () => {
    const id = await anAccount({ threads: ['th_a', 'th_b'] })
    const { token_id: token } = await mint(id, { threads: ['th_a'] })
    await at.daemon.access.accounts.revokeToken(String(token))
    const whole = reach({ threads: ['th_a', 'th_b'] })
    expect(await rotate(id)).toMatchObject({ body: { reach: whole, revoked: [] } })
  })

  it.each([['team/ops'], [['team/ops']], [7], [null]])(
    'is refused with its form: %j',
    async (wrong) => {
      const answer = await at.post('/v1/service-accounts', { name: 'x', reach: wrong })
      expect(await answer.json()).toMatchObject({
        code: 'INVALID_REQUEST',
        field: 'reach',
        message: expect.stringContaining('such as {"namespaces":["team/ops"]}'),
      })
    },
  )

  it('counts what has expired only if all has', async () => {
    const past = Math.floor(Date.now() / 1000) - 10
    const id = await anAccount(undefined)
    const wide = { id, env: 'prod', scopes: '["records:read"]', reach: null }
    await at.daemon.access.accounts.mint(wide, past)
    await mint(id, { threads: ['th_a'] })
    expect(await rotate(id)).toMatchObject({ body: { reach: reach({ threads: ['th_a'] }) } })
    const other = await anAccount(undefined)
    const narrow = JSON.stringify(reach({ threads: ['th_b'] }))
    await at.daemon.access.accounts.mint({ ...wide, id: other, reach: narrow }, past)
    expect(await rotate(other)).toMatchObject({ body: { reach: reach({ threads: ['th_b'] }) } })
  })

  it('reaches what is asked for, within the account alone', async () => {
    const id = await anAccount({ threads: ['th_a', 'th_b'] })
    await mint(id, { threads: ['th_a'] })
    const before = at.daemon.store.tokensOf(id)
    const wider = await rotate(id, { reach: { threads: ['th_a', 'th_c'] } })
    expect(wider).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', field: 'reach' } })
    expect(wider.body['try']).toEqual(expect.any(String))
    expect(at.daemon.store.tokensOf(id)).toEqual(before)
    const asked = await rotate(id, { reach: { threads: ['th_b'] } })
    expect(asked).toMatchObject({ status: 201, body: { reach: reach({ threads: ['th_b'] }) } })
  })

  it('is told what to do if its tokens together reach more than one can', async () => {
    const id = await anAccount(undefined)
    for (const half of ['a', 'b']) {
      await mint(id, { threads: Array.from({ length: 40 }, (_, n) => `th_${half}${n}`) })
    }
    const refused = await rotate(id)
    expect(refused).toMatchObject({ status: 400, body: { field: 'reach' } })
    expect(refused.body['try']).toContain('--reach')
    expect(await rotate(id, { reach: { threads: ['th_a1'] } })).toMatchObject({ status: 201 })
  })
})

describe('a bearer that is exchanged by its holder', () => {
  it('reaches less from then on if asked, and never more again', async () => {
    const id = await anAccount({ threads: ['th_a', 'th_b'], namespaces: ['team'] })
    const { token } = await mint(id)
    const narrow = await exchange(token, { reach: { threads: ['th_b'], namespaces: ['team/ops'] } })
    const less = reach({ threads: ['th_b'], namespaces: ['team/ops'] })
    expect(narrow).toMatchObject({ status: 201, body: { reach: less } })
    for (const wider of [{ threads: ['th_a'] }, { namespaces: ['team'] }, { threads: ['th_z'] }]) {
      const refused = await exchange(narrow.body['token'], { reach: wider })
      expect(refused).toMatchObject({
        status: 400,
        body: { code: 'INVALID_REQUEST', field: 'reach' },
      })
    }
    // A refusal ends nothing.
    expect(await reachNow(narrow.body['token'])).toEqual(less)
    expect(await exchange(narrow.body['token'])).toMatchObject({ body: { reach: less } })
  })

  it('may be bound to a thread of its namespace, and learns nothing of others by trying', async () => {
    const id = await anAccount({ namespaces: ['team'] })
    const { token } = await mint(id)
    const tried = async (thread: string) => {
      const { status, body } = await exchange(token, { reach: { threads: [thread] } })
      return { status, body: { ...body, request_id: '' } }
    }
    expect(await tried('th_out')).toEqual(await tried('th_nothing'))
    expect(await tried('th_out')).toMatchObject({ status: 400 })
    expect(await tried('th_in')).toMatchObject({
      status: 201,
      body: { reach: reach({ threads: ['th_in'] }) },
    })
  })

  it('gets no reach if it has scopes for the whole daemon', async () => {
    const id = await anAccount(undefined, ['records:read', 'config:read'])
    const { token } = await mint(id)
    const refused = await exchange(token, { reach: { threads: ['th_a'] } })
    expect(refused).toMatchObject({ status: 400, body: { field: 'reach' } })
  })
})

describe('an invite that is redeemed', () => {
  const invited = async (where?: Asked, scopes = ['records:read']) =>
    (await post('/v1/invites', { device: 'tv', scopes, reach: where })).body['code']
  const redeem = (code: unknown, body: unknown) =>
    post('/v1/invites/redeem', body, withBearer(code))

  it('gives less if less is asked for; its account has no more either', async () => {
    for (const where of [undefined, { threads: ['th_a', 'th_b'] }]) {
      const code = await invited(where)
      const { body } = await redeem(code, { reach: { threads: ['th_b'] } })
      expect(body).toMatchObject({ object: 'pairing', reach: reach({ threads: ['th_b'] }) })
      const again = await rotate(String(body['service_account_id']))
      expect(again.body['reach']).toEqual(reach({ threads: ['th_b'] }))
      const wider = { service_account_id: body['service_account_id'], reach: { threads: ['th_a'] } }
      expect(await post('/v1/tokens', wider)).toMatchObject({ status: 400 })
    }
  })

  it('is not used up by asking for more', async () => {
    const code = await invited({ threads: ['th_a'] })
    const wider = await redeem(code, { reach: { threads: ['th_a', 'th_b'] } })
    expect(wider).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', field: 'reach' } })
    expect(await redeem(code, { reach: { threads: [] } })).toMatchObject({ status: 400 })
    expect(await redeem(code, {})).toMatchObject({
      status: 201,
      body: { reach: reach({ threads: ['th_a'] }) },
    })
    const settings = await invited(undefined, ['config:read'])
    expect(await redeem(settings, { reach: { threads: ['th_a'] } })).toMatchObject({ status: 400 })
    expect(await redeem(settings, {})).toMatchObject({ status: 201 })
  })
})
