import { expect, test } from 'vitest'
import { linesOf, postLines } from '../../support/bulk/post-lines.ts'
import { foreignHome } from '../../support/bulk/signed-lines.ts'
import { aDaemon, ADA, aDraft } from '../../support/daemon/a-daemon.ts'

test('an admin who may not act as others cannot do so with many records either, also not with a key of its own', async () => {
  await using at = await aDaemon()
  const home = foreignHome()
  let clock = 0
  /** The code of one record of Ada’s alone, of the same in a line, and of one that some key has signed. */
  async function codes(bearer: string): Promise<readonly unknown[]> {
    clock += 10
    const one = await at.post('/v1/records', aDraft({ clock }), {
      authorization: `Bearer ${bearer}`,
    })
    const lines = [aDraft({ clock: clock + 1 }), home.sign(aDraft({ clock: clock + 2 }))]
    const { outcomes } = await postLines({ base: at.base, bearer }, linesOf(lines))
    const { code } = (await one.json()) as { code?: string }
    return [code ?? 'accepted', ...outcomes.map((told) => told.code ?? told.outcome)]
  }

  expect(await codes(at.bearer)).toEqual(['accepted', 'accepted', 'accepted'])
  await at.post('/v1/config/strict_impersonation_enforcement', { value: true })
  expect(await codes(at.bearer)).toEqual([
    'DID_CLAIM_DENIED',
    'DID_CLAIM_DENIED',
    'DID_CLAIM_DENIED',
  ])
  // Whoever has Ada on its list, or the scope by its name: bringing others’ records is what that is for.
  expect(await codes(await at.tokenWith('admin'))).toEqual(['accepted', 'accepted', 'accepted'])
  const scopes = ['admin', 'federation:manage'] as const
  const { accounts } = at.daemon.access
  const { token } = await accounts.createWithToken({ name: 'peer', scopes, actors: [] }, null)
  expect(await codes(token)).toEqual(['DID_CLAIM_DENIED', 'DID_CLAIM_DENIED', 'accepted'])
})

test('a line that an admin may not bring says which field it is and what helps', async () => {
  await using at = await aDaemon()
  await at.post('/v1/config/strict_impersonation_enforcement', { value: true })
  const { outcomes } = await postLines(at, linesOf([foreignHome().sign(aDraft({ clock: 0 }))]))
  expect(outcomes).toMatchObject([
    { line: 1, outcome: 'rejected', code: 'DID_CLAIM_DENIED', field: 'record.actor' },
  ])
  expect(outcomes[0]?.message).toContain(ADA)
  expect(outcomes[0]?.try).toContain('federation:manage')
})
