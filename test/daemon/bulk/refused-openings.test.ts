import { describe, expect, it } from 'vitest'
import { linesOf, postLines } from '../../support/bulk/post-lines.ts'
import { foreignHome } from '../../support/bulk/signed-lines.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

const THREAD = 'th_moved'
const first = (extra: object = {}) =>
  aDraft({ thread: THREAD, clock: 0, body: { namespace: 'team', ...extra } })
const later = (clock = 1) => aDraft({ thread: THREAD, clock, body: { n: clock } })
const create = (at: TestDaemon, name: string) => at.post('/v1/namespaces', { name })
const archive = (at: TestDaemon, isArchived: boolean) =>
  fetch(`${at.base}/v1/namespaces`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${at.bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'team', archived: isArchived }),
  })
const codes = async (at: TestDaemon, lines: readonly unknown[], bearer = at.bearer) =>
  (await postLines({ base: at.base, bearer }, linesOf(lines))).outcomes.map(
    (one) => one.code ?? one.outcome,
  )
const place = (at: TestDaemon) => at.daemon.store.namespaceOf(THREAD)

describe('a thread whose first record is refused', () => {
  it('is begun by no later one, in the same append or the next, and is in its namespace once that is there', async () => {
    await using at = await aDaemon()
    const home = foreignHome()
    const lines = [first(), later(1), later(2)].map((draft) => home.sign(draft, 'team'))
    expect(await codes(at, lines)).toEqual(Array(3).fill('NAMESPACE_REJECTED'))
    expect(await codes(at, lines.slice(1))).toEqual(Array(2).fill('NAMESPACE_REJECTED'))
    expect(place(at)).toBeUndefined()
    expect((await create(at, 'team')).status).toBe(201)
    expect(await codes(at, lines)).toEqual(Array(3).fill('accepted'))
    expect(place(at)).toBe('team')
  })

  it('stays where it belongs also if its namespace is archived', async () => {
    await using at = await aDaemon()
    await create(at, 'team')
    expect((await archive(at, true)).status).toBe(200)
    const home = foreignHome()
    const lines = [first(), later()].map((draft) => home.sign(draft, 'team'))
    expect(await codes(at, lines)).toEqual(Array(2).fill('NAMESPACE_REJECTED'))
    expect((await archive(at, false)).status).toBe(200)
    expect(await codes(at, lines)).toEqual(['accepted', 'accepted'])
    expect(place(at)).toBe('team')
  })

  it.each([
    [
      'was changed on its way',
      (line: object) => ({ ...line, sig: 'A'.repeat(86) }),
      'INVALID_RECORD',
    ],
    ['was redacted', (line: object) => ({ ...line, redacted: {} }), 'RECORD_REDACTED'],
  ])(
    'is begun by no later one that does not say where it belongs, if the first %s',
    async (_what, spoil, code) => {
      await using at = await aDaemon()
      await create(at, 'team')
      const home = foreignHome()
      const silent = { ...home.sign(later()), namespace: undefined }
      expect(await codes(at, [spoil(home.sign(first())), silent])).toEqual([
        code,
        'NAMESPACE_REJECTED',
      ])
      // One that says where it belongs begins it there.
      expect(await codes(at, [home.sign(later(2), 'team'), silent])).toEqual(
        Array(2).fill('accepted'),
      )
      expect(place(at)).toBe('team')
    },
  )

  it('of new records: not in the same append, and as its writer wants in the next', async () => {
    await using at = await aDaemon()
    expect(await codes(at, [first(), later()])).toEqual(Array(2).fill('NAMESPACE_REJECTED'))
    expect(await codes(at, [later()])).toEqual(['accepted'])
    expect(place(at)).toBe('default')
  })

  it('hinders no other thread, and none that is here', async () => {
    await using at = await aDaemon()
    const home = foreignHome()
    await at.post('/v1/records', later(0))
    const other = aDraft({ thread: 'th_other', clock: 0 })
    const lines = [first(), later(5), other].map((draft) => home.sign(draft))
    expect(await codes(at, lines)).toEqual(['NAMESPACE_REJECTED', 'accepted', 'accepted'])
  })
})
