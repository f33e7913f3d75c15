import { afterAll, describe, expect, it } from 'vitest'
import type { Reach } from '../../../../protocol/identity/reach.ts'
import type { Store } from '../../../../local-daemon/store/open-store.ts'
import { ADA } from '../../../support/daemon/a-daemon.ts'
import { Filled } from './filled-store.ts'

const NARROW: Reach = { namespaces: ['team'], threads: ['th_single'] }

/** A hundred records within the narrow reach before and after many that are not. */
async function between(count: number): Promise<Filled> {
  const at = new Filled()
  await at.make('team', 'team/ops', 'team2', 'other')
  for (let round = 0; round < 2; round += 1) {
    await at.write(20, 'th_team', 'team')
    await at.write(20, 'th_ops', 'team/ops')
    await at.write(10, 'th_single')
    if (round === 0) at.fill(count)
  }
  return at
}

/** The least time that some reads took, milliseconds: what else the machine does adds to others. */
function leastTime(read: () => void): number {
  const times = Array.from({ length: 25 }, () => {
    const start = performance.now()
    for (let n = 0; n < 10; n += 1) read()
    return performance.now() - start
  })
  return Math.min(...times)
}

describe('a page of a narrow reach', () => {
  const open: Filled[] = []
  afterAll(() => open.forEach((at) => at[Symbol.dispose]()))

  it('takes as long in a store of a million records as in one of ten thousand', async () => {
    const [small, large] = [await between(10_000), await between(1_000_000)]
    open.push(small, large)
    expect(large.store.head()).toBeGreaterThan(1_000_000)
    const reads: readonly ((store: Store) => unknown)[] = [
      (store) => store.page({ reach: NARROW }, 0, store.head(), 100).records.length,
      (store) => store.page({ reach: NARROW, actor: ADA }, 0, store.head(), 100).records.length,
      (store) => store.page({ actor: ADA, withoutOwn: true }, 0, store.head(), 100).records.length,
      (store) => store.page({ reach: NARROW }, 60, store.head(), 10).records.length,
      (store) => store.threads(store.head() + 1, 100, { reach: NARROW }).length,
      (store) => store.head(NARROW),
    ]
    const wanted = [100, 100, 100, 10, 3]
    for (const [nth, read] of reads.entries()) {
      const results = [small, large].map(({ store }) => read(store))
      expect(results).toEqual([
        wanted[nth] ?? small.store.head(),
        wanted[nth] ?? large.store.head(),
      ])
      const [few = 0, many = 0] = [small, large].map(({ store }) => leastTime(() => read(store)))
      // A deeper tree costs a step more; ten reads of this take a millisecond or so.
      expect(many).toBeLessThan(1.5 * few + 0.3)
    }
  }, 120_000)
})
