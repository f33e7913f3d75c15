import { expect, test } from 'vitest'
import {
  CONFIG_THREAD,
  CONSENT_THREAD,
  PAIRS_THREAD,
} from '../../../local-daemon/store/daemon-threads.ts'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import { linesOf, postLines } from '../../support/bulk/post-lines.ts'
import { aDaemon, aDraft } from '../../support/daemon/a-daemon.ts'

const WRITERS: readonly (readonly [string, readonly Scope[]])[] = [
  [CONSENT_THREAD, ['records:write', 'federation:manage']],
  [PAIRS_THREAD, ['records:write', 'federation:manage', 'records:read']],
  [CONFIG_THREAD, ['records:write', 'config:write']],
  ['th_plain', ['records:write']],
]

const cases = WRITERS.flatMap(([thread, scopes]) =>
  [10, 70_000, 1_000_000].map((bytes) => [thread, bytes, scopes] as const),
)

test.each(cases)(
  'whoever may write to %s, though it may not read it, is answered with what was stored: %i bytes',
  async (thread, bytes, scopes) => {
    await using at = await aDaemon()
    const bearer = await at.tokenWith(...scopes)
    const authorization = `Bearer ${bearer}`
    const draft = (n: number) =>
      aDraft({ thread, act: 'LEARN', clock: n, body: { topic: 'x', n, pad: 'x'.repeat(bytes) } })
    const key = { authorization, 'idempotency-key': 'again' }

    const before = at.daemon.store.thread(thread)?.records ?? 0
    const told: unknown[] = []
    for (const [n, headers] of [
      [0, { authorization }] as const,
      [0, { authorization }] as const,
      [1, key] as const,
      [1, key] as const,
    ]) {
      const answer = await at.post('/v1/records', draft(n), headers)
      const record = (await answer.json()) as { id: string; body: { n: number; pad: string } }
      told.push([answer.status, record.body?.n, record.body?.pad.length])
      expect(answer.headers.get('location')).toBe(`/v1/records/${record.id}`)
    }
    expect(told).toEqual([
      [201, 0, bytes],
      [200, 0, bytes],
      [201, 1, bytes],
      [200, 1, bytes],
    ])
    const { outcomes } = await postLines({ base: at.base, bearer }, linesOf([draft(1), draft(2)]))
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['duplicate', 'accepted'])
    expect(at.daemon.store.thread(thread)?.records).toBe(before + 3)
  },
)
