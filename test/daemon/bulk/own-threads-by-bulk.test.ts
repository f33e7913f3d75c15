import { describe, expect, it } from 'vitest'
import { ACCOUNTS_THREAD, CONFIG_THREAD } from '../../../local-daemon/store/daemon-threads.ts'
import type { RecordDraft } from '../../../local-daemon/store/draft.ts'
import { linesOf, postLines } from '../../support/bulk/post-lines.ts'
import { foreignHome } from '../../support/bulk/signed-lines.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

const token = {
  topic: 'token',
  token_id: 'a'.repeat(64),
  service_account_id: 'sa_intruder00000',
  env: 'prod',
  scopes: ['admin'],
  created_at: 1,
}
const account = {
  topic: 'service_account',
  service_account_id: 'sa_intruder00000',
  name: 'intruder',
  scopes: ['admin'],
  created_at: 1,
}
const learnt = (thread: string, actor: string, body: RecordDraft['body'], clock: number) =>
  aDraft({ thread, actor, act: 'LEARN', body, clock })

/** What of a daemon says who may do what. */
function rightsOf({ daemon }: TestDaemon): string {
  const { store } = daemon
  return JSON.stringify([store.settings(), store.accounts(), store.tokens(), store.invites()])
}

describe('records of the daemon’s own threads, in a bulk append', () => {
  it.each([
    ['another home', (at: TestDaemon) => foreignHome().did && { home: foreignHome(), at }],
    [
      'this home itself',
      (at: TestDaemon) => {
        const { did, sign, key } = at.daemon.access.identity
        return { home: foreignHome({ did, sign, key }), at }
      },
    ],
  ])('give no right and change no setting if %s has signed them', async (_who, by) => {
    await using at = await aDaemon()
    const { home } = by(at) as { home: ReturnType<typeof foreignHome> }
    const before = rightsOf(at)
    for (const actor of [home.did, at.daemon.access.identity.did]) {
      const { summary, outcomes } = await postLines(
        at,
        linesOf(
          [
            learnt(CONFIG_THREAD, actor, { topic: 'auth_required', enabled: false }, 90),
            learnt(
              CONFIG_THREAD,
              actor,
              { topic: 'trusted_proxies', addresses: ['0.0.0.0/1'] },
              91,
            ),
            learnt(ACCOUNTS_THREAD, actor, account, 90),
            learnt(ACCOUNTS_THREAD, actor, token, 91),
            learnt('th_federation_pairs', actor, {}, 90),
            learnt('th_consent', actor, {}, 90),
            learnt('th_namespace_registry', actor, {}, 90),
          ].map((draft) => home.sign(draft)),
        ),
      )
      expect(summary).toMatchObject({ accepted: 0, rejected: 7 })
      expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(['THREAD_RESERVED']))
    }
    expect(rightsOf(at)).toBe(before)
    await at.daemon.access.settings.rebuild()
    expect(rightsOf(at)).toBe(before)
  })

  it('bring back a revocation that this home has signed, and its audit', async () => {
    await using at = await aDaemon()
    const { did, sign, key } = at.daemon.access.identity
    const home = foreignHome({ did, sign, key })
    const bearer = await at.tokenWith('records:read')
    const ask = () => at.get('/v1/threads', { authorization: `Bearer ${bearer}` })
    expect((await ask()).status).toBe(200)
    const { token_id } = at.daemon.store.tokens().at(-1) ?? { token_id: '' }
    const revoked = { topic: 'token_revoked', token_id, revoked_at: 1_700_000_000 }
    const lines = [
      learnt(ACCOUNTS_THREAD, did, revoked, 90),
      learnt('th_audit_tokens', did, { kind: 'note' }, 90),
      // Signed by this home, but the word of somebody else.
      learnt(ACCOUNTS_THREAD, 'did:sync:user:ada', revoked, 91),
    ].map((draft) => home.sign(draft))
    const { outcomes } = await postLines(at, linesOf(lines))
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'rejected'])
    expect((await ask()).status).toBe(401)
  })

  it('take nothing back if another home has signed the revocation', async () => {
    await using at = await aDaemon()
    const bearer = await at.tokenWith('records:read')
    const { token_id } = at.daemon.store.tokens().at(-1) ?? { token_id: '' }
    const revoked = { topic: 'token_revoked', token_id, revoked_at: 1_700_000_000 }
    const line = foreignHome().sign(
      learnt(ACCOUNTS_THREAD, at.daemon.access.identity.did, revoked, 90),
    )
    expect((await postLines(at, linesOf([line]))).summary).toMatchObject({ rejected: 1 })
    const answer = await at.get('/v1/threads', { authorization: `Bearer ${bearer}` })
    expect(answer.status).toBe(200)
  })
})

describe('a record that another home has signed', () => {
  it('is not by this daemon, and takes no clock that leaves its actor none', async () => {
    await using at = await aDaemon()
    const home = foreignHome()
    const mine = aDraft({ thread: 'th_mine' })
    const { outcomes } = await postLines(
      at,
      linesOf([
        home.sign({ ...mine, actor: at.daemon.access.identity.did, clock: 0 }),
        home.sign({ ...mine, clock: Number.MAX_SAFE_INTEGER }),
        home.sign({ ...mine, clock: 2 ** 52 }),
      ]),
    )
    expect(outcomes).toMatchObject([
      { outcome: 'rejected', code: 'DID_CLAIM_DENIED', field: 'record.actor' },
      { outcome: 'rejected', code: 'INVALID_RECORD', field: 'record.clock' },
      { outcome: 'accepted' },
    ])
    expect((await at.post('/v1/records', mine)).status).toBe(201)
  })
})
