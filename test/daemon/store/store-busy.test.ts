import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { STORE_LIMITS } from '../../../local-daemon/store/limits.ts'
import { aDraft } from '../../support/daemon/a-daemon.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { aStore } from '../../support/daemon/a-store.ts'
import { aHolder } from '../../support/daemon/a-holder.ts'

const SETTING = {
  thread: 'th_engine_config',
  act: 'LEARN',
  parents: [],
  data_type: 'SCALAR',
  judged_by: null,
}

describe('a store that another program has locked', () => {
  it('takes what has waited for it, in order, once it is free', async () => {
    using at = aStore()
    await at.store.append(aDraft())
    const letGo = await aHolder(at.path)
    const waiting = Array.from({ length: 20 }, (_, n) => at.store.append(aDraft({ body: { n } })))
    const done = at.store.transact((tx) => tx.append(aDraft({ thread: 'th_last' })))
    await sleep(200)
    expect(at.store.head()).toBe(1)
    await letGo()
    const seqs = (await Promise.all(waiting)).map(({ record }) => record.seq)
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, n) => n + 2))
    expect((await done).record.seq).toBe(22)
  })

  it.each([
    ['a record', '/v1/records', { ...SETTING, body: { topic: 'auth_required', enabled: true } }],
    ['the route of settings', '/v1/config/auth_required', { value: true }],
  ])(
    'lets two waiting changes not lock you out: %s requires bearers after the last was revoked',
    async (_what, path, body) => {
      await using at = aKeptHome()
      await at.start()
      const off = { method: 'POST', body: '{"value":false}' }
      expect(await at.told('/v1/config/auth_required', off)).toBe('200')
      const id = at.daemon().store.tokens()[0]?.token_id ?? ''
      const letGo = await aHolder(at.database)
      const revoking = at.told(`/v1/tokens/${id}`, { method: 'DELETE' })
      await sleep(300)
      const requiring = at.told(path, { method: 'POST', body: JSON.stringify(body) })
      await sleep(300)
      await letGo()
      expect([await revoking, await requiring]).toEqual(['200', '409 LOCKOUT'])
      expect(at.daemon().access.settings.values.auth_required).toBe(false)
    },
  )

  it('lets at most its bound of writes wait', async () => {
    using at = aStore()
    const letGo = await aHolder(at.path)
    const first = at.store.append(aDraft({ thread: 'th_first' }))
    await sleep(100)
    const more = Array.from({ length: STORE_LIMITS.writesWaiting + 5 }, () =>
      at.store.append(aDraft()),
    )
    const settled = Promise.allSettled([first, ...more])
    await letGo()
    const results = await settled
    const refused = results.splice(STORE_LIMITS.writesWaiting)
    expect(refused).toHaveLength(6)
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 'STORE_BUSY' } })
    expect(results.every(({ status }) => status === 'fulfilled')).toBe(true)
  })

  it('is waited for by a start', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.stop()
    const letGo = await aHolder(at.database)
    const starting = at.start()
    await sleep(300)
    await letGo()
    expect((await starting).store.trouble()).toBeUndefined()
  })
})
