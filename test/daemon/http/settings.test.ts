import { describe, expect, it } from 'vitest'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { CONFIG_THREAD } from '../../../local-daemon/store/daemon-threads.ts'
import { pino } from 'pino'
import { aDaemon, aDraft, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function set(at: TestDaemon, key: string, value: unknown, force = false): Promise<Answer> {
  const answer = await at.post(`/v1/config/${key}`, { value, ...(force && { force }) })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function shown(at: TestDaemon): Promise<Record<string, unknown>> {
  const { settings } = (await (await at.get('/v1/config')).json()) as {
    settings: { key: string; value: unknown }[]
  }
  return Object.fromEntries(settings.map(({ key, value }) => [key, value]))
}

describe('a setting', () => {
  it('is a record, in force at once, and the newest one counts', async () => {
    await using at = await aDaemon()
    expect(await shown(at)).toEqual({
      auth_required: true,
      strict_actor_header: false,
      strict_impersonation_enforcement: false,
      auth_cors_origins: [],
      trusted_proxies: [],
      allowed_hosts: [],
      token_requests_per_second: 200,
      token_burst: 2000,
      store_ceiling_bytes: null,
      backup_every: 0,
      backup_keep: 7,
      backup_to: null,
      backup_recipients: [],
      search_enabled: true,
    })
    for (const origins of [['https://a.example'], ['HTTPS://B.example:443/', 'http://[::1]:80']]) {
      const { status, body } = await set(at, 'auth_cors_origins', origins)
      expect(status).toBe(200)
      const record = await at.get(`/v1/records/${String(body['record_id'])}`)
      expect(await record.json()).toMatchObject({
        thread: CONFIG_THREAD,
        act: 'LEARN',
        actor: at.daemon.identity.did,
        body: { topic: 'auth_cors_origins', origins: body['value'] },
      })
    }
    expect((await shown(at))['auth_cors_origins']).toEqual(['https://b.example', 'http://[::1]'])
  })

  it.each<[string, unknown]>([
    ['auth_required', 'yes'],
    ['strict_actor_header', 1],
    ['auth_cors_origins', 'https://a.example'],
    ['auth_cors_origins', ['*']],
    ['auth_cors_origins', ['null']],
    ['auth_cors_origins', ['https://*.example.com']],
    ['auth_cors_origins', Array.from({ length: 65 }, (_, n) => `https://${n}.example`)],
    ['trusted_proxies', ['0.0.0.0/0']],
    ['trusted_proxies', ['::/0']],
    ['trusted_proxies', ['10.0.0.0/33']],
    ['trusted_proxies', ['localhost']],
    ['allowed_hosts', ['https://a.example']],
    ['allowed_hosts', ['a.example:443']],
    ['allowed_hosts', ['*.example']],
    ['allowed_hosts', ['10.0.0.1']],
    ['token_requests_per_second', 0],
    ['token_burst', 1.5],
  ])('%s = %j is refused, and nothing is written', async (key, value) => {
    await using at = await aDaemon()
    const head = at.daemon.store.head()
    const { status, body } = await set(at, key, value)
    expect([status, body['code']]).toEqual([400, 'INVALID_SETTING'])
    expect(body['try']).toBeTruthy()
    expect(at.daemon.store.head()).toBe(head)
  })

  it('that is unknown is refused with the list of those that are known', async () => {
    await using at = await aDaemon()
    for (const key of ['auth', 'toString', '__proto__']) {
      const { status, body } = await set(at, key, true)
      expect([status, body['code']]).toEqual([404, 'NOT_FOUND'])
      expect(body['try']).toContain('strict_actor_header')
    }
  })

  it('survives a restart, and a rebuild of its table', async () => {
    using home = aHome()
    const start = () => startDaemon({ home: home.path, port: 0, logger: pino({ level: 'silent' }) })
    let daemon = await start()
    const draft = { thread: CONFIG_THREAD, act: 'LEARN', actor: daemon.identity.did } as const
    await daemon.store.append(aDraft({ ...draft, body: { topic: 'token_burst', value: 7 } }))
    await daemon.stop()
    daemon = await start()
    const { settings } = daemon.access
    expect(settings.values.token_burst).toBe(7)
    const before = daemon.store.settings()
    await daemon.store.transact((tx) => tx.tables.clearSettings.run())
    expect(daemon.store.settings()).toEqual([])
    await settings.rebuild()
    expect(daemon.store.settings()).toEqual(before)
    expect(settings.values.token_burst).toBe(7)
    await daemon.stop()
  })
})

describe('a malformed record on the config thread', () => {
  it('changes nothing and is warned about: the valid one before it stays', async () => {
    const lines: string[] = []
    const logger = pino({}, { write: (line) => void lines.push(line) })
    await using at = await aDaemon({ logger })
    await set(at, 'token_burst', 5)
    const { store, identity } = at.daemon
    const draft = { thread: CONFIG_THREAD, act: 'LEARN', actor: identity.did } as const
    for (const body of [
      { topic: 'token_burst', value: -1 },
      { topic: 'token_burst' },
      { topic: 'auth_required', enabled: 'no' },
      { topic: 'something_newer', value: 1 },
      { note: 'not about a setting' },
    ]) {
      await store.append(aDraft({ ...draft, body }))
    }
    await store.append(aDraft({ ...draft, act: 'KNOW', body: { topic: 'token_burst', value: 9 } }))
    expect(await shown(at)).toMatchObject({ token_burst: 5, auth_required: true })
    const { warnings } = (await (await at.get('/v1/config')).json()) as { warnings: string[] }
    expect(warnings).toHaveLength(3)
    expect(lines.filter((line) => line.includes('setting ignored'))).toHaveLength(3)
  })

  it('is refused where it is posted, and so is any without config:write', async () => {
    await using at = await aDaemon()
    const bad = aDraft({
      thread: CONFIG_THREAD,
      act: 'LEARN',
      clock: 0,
      body: { topic: 'token_burst', value: 0 },
    })
    const refused = await at.post('/v1/records', bad)
    expect([refused.status, ((await refused.json()) as Answer['body'])['code']]).toEqual([
      400,
      'INVALID_SETTING',
    ])
    const good = { ...bad, body: { topic: 'token_burst', value: 8 } }
    const writer = await at.tokenWith('records:write')
    const headers = { authorization: `Bearer ${writer}` }
    expect((await at.post('/v1/records', good, headers)).status).toBe(403)
    expect(at.daemon.access.settings.values.token_burst).toBe(2000)
    expect((await at.post('/v1/records', good)).status).toBe(201)
    expect(at.daemon.access.settings.values.token_burst).toBe(8)
  })
})

describe('a change that locks everybody out', () => {
  it('is refused with the way to force it', async () => {
    await using at = await aDaemon()
    const [admin] = at.daemon.store.tokens()
    const path = `/v1/tokens/${admin?.token_id}`
    const authorization = `Bearer ${at.bearer}`
    const remove = (query: string) =>
      fetch(at.base + path + query, { method: 'DELETE', headers: { authorization } })
    const refused = await remove('')
    const { code, try: next } = (await refused.json()) as Record<string, string>
    expect([refused.status, code]).toEqual([409, 'LOCKOUT'])
    expect(next).toContain('--force')
    const account = await fetch(`${at.base}/v1/service-accounts/${admin?.account}`, {
      method: 'DELETE',
      headers: { authorization },
    })
    expect(account.status).toBe(409)
    // Without bearers there is nothing to be locked out of, until they are required again.
    expect((await set(at, 'auth_required', false)).status).toBe(200)
    expect((await remove('')).status).toBe(200)
    expect(at.daemon.access.settings.values.auth_required).toBe(false)
    const record = { thread: CONFIG_THREAD, act: 'LEARN', clock: 0 } as const
    const body = { topic: 'auth_required', enabled: true }
    expect((await at.post('/v1/records', aDraft({ ...record, body }))).status).toBe(401)
  })

  it('is let pass with another admin there, or when it is meant', async () => {
    await using at = await aDaemon()
    const other = await at.tokenWith('admin')
    const [admin, second] = at.daemon.store.tokens()
    const remove = (id: string | undefined, query: string) =>
      fetch(`${at.base}/v1/tokens/${id}${query}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${other}` },
      })
    expect((await remove(admin?.token_id, '')).status).toBe(200)
    expect((await remove(second?.token_id, '')).status).toBe(409)
    expect((await remove(second?.token_id, '?force=true')).status).toBe(200)
    expect((await remove(second?.token_id, '')).status).toBe(401)
  })
})
