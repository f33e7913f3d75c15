import { expect, test } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { linesOf, postLines } from '../../support/bulk/post-lines.ts'
import { foreignHome } from '../../support/bulk/signed-lines.ts'
import { ADA, aDaemon, aDraft } from '../../support/daemon/a-daemon.ts'

const TOP = LIMITS.recordClock

test.each([0, 1, 2 ** 51, TOP, TOP + 1, Number.MAX_SAFE_INTEGER])(
  'clock %d is taken at home if and only if another home would take the record: single, bulk, signed',
  async (clock) => {
    await using at = await aDaemon()
    const single = await at.post('/v1/records', aDraft({ thread: 'th_one', clock }))
    const { outcomes } = await postLines(
      at,
      linesOf([
        aDraft({ thread: 'th_two', clock }),
        foreignHome().sign(aDraft({ thread: 'th_three', clock })),
      ]),
    )
    const isTaken = clock <= TOP
    expect([single.status, ...outcomes.map((one) => one.code ?? one.outcome)]).toEqual(
      isTaken ? [201, 'accepted', 'accepted'] : [400, 'INVALID_RECORD', 'INVALID_RECORD'],
    )
    if (!isTaken) expect(await single.json()).toMatchObject({ field: 'clock' })
  },
)

test('what a refused clock advises is taken, also behind the highest one that can be named', async () => {
  await using at = await aDaemon()
  for (const clock of [TOP - 1, TOP]) {
    const draft = (fields: object) => ({ ...aDraft({ thread: `th_${clock}` }), ...fields })
    await at.post('/v1/records', draft({ clock }))
    const refused = await at.post('/v1/records', draft({ clock, body: { other: 1 } }))
    expect(refused.status).toBe(409)
    const { try: next } = (await refused.json()) as { try: string }
    const named = /Use clock (\d+)/.exec(next)?.[1]
    expect(named).toBe(clock === TOP ? undefined : String(TOP))
    const advised = named === undefined ? {} : { clock: Number(named) }
    const again = await at.post('/v1/records', draft({ ...advised, body: { other: 1 } }))
    expect([again.status, next]).toEqual([201, next])
  }
  // A record from elsewhere leaves its actor a clock here.
  await postLines(at, linesOf([foreignHome().sign(aDraft({ thread: 'th_taken', clock: TOP }))]))
  const mine = await at.post('/v1/records', aDraft({ thread: 'th_taken' }))
  expect(await mine.json()).toMatchObject({ actor: ADA, clock: TOP + 1 })
})
