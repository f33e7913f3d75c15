import { expect, it } from 'vitest'
import { aDaemon, aDraft } from '../../support/daemon/a-daemon.ts'
import { linesOf, outcomesOf, postLines } from '../../support/bulk/post-lines.ts'

it('a bulk append with dry_run says what would become of each line, and writes nothing', async () => {
  await using at = await aDaemon()
  const there = aDraft({ clock: 0 })
  const first = await postLines(at, linesOf([there]))
  const head = at.daemon.store.head()
  const lines = [there, aDraft({ clock: 1 }), { ...there, thread: 'no thread' }, aDraft()]
  const answer = await at.post('/v1/records?dry_run=true', lines)
  const { outcomes, summary } = outcomesOf(await answer.text())
  expect(outcomes).toMatchObject([
    { line: 1, outcome: 'duplicate', seq: first.outcomes[0]?.seq },
    { line: 2, outcome: 'accepted' },
    { line: 3, outcome: 'rejected', field: 'thread' },
    { line: 4, outcome: 'accepted' },
  ])
  expect(outcomes[1]).not.toHaveProperty('seq')
  expect(summary).toMatchObject({ lines: 4, accepted: 2, duplicate: 1, rejected: 1 })
  expect(at.daemon.store.head()).toBe(head)
  // Nothing of it was remembered either: the clocks are free.
  expect((await postLines(at, linesOf(lines))).summary).toMatchObject({ accepted: 2 })
})

it('dry_run is for many records: one is refused, not written', async () => {
  await using at = await aDaemon()
  const head = at.daemon.store.head()
  const answer = await at.post('/v1/records?dry_run=true', aDraft())
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { code: 'INVALID_REQUEST', field: 'dry_run' },
  ])
  expect(at.daemon.store.head()).toBe(head)
})
