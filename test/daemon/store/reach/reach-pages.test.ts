import { describe, expect, it } from 'vitest'
import type { Reach } from '../../../../protocol/identity/reach.ts'
import { Filled } from './filled-store.ts'

describe('a reach', () => {
  it('has the records of its namespaces, of all below them and of its threads, in order of arrival', async () => {
    using at = new Filled()
    await at.make('team', 'team/ops', 'team/ops/ci', 'team2', 'team-x')
    const places = ['team', 'team2', 'team/ops/ci', undefined, 'team-x', 'team/ops']
    for (let round = 0; round < 30; round += 1) {
      for (const [nth, place] of places.entries()) await at.write(1, `th_${nth}`, place)
    }
    const { store } = at
    const seen = (reach: Reach, limit = 500) => {
      const threads: string[] = []
      for (let after = 0; ;) {
        const page = store.page({ reach }, after, store.head(), limit)
        expect(page.records.map(({ seq }) => seq)).toEqual(
          page.records.map(({ seq }) => seq).toSorted((one, other) => one - other),
        )
        threads.push(...page.records.map(({ thread }) => thread))
        after = page.records.at(-1)?.seq ?? after
        if (!page.cut) return threads
      }
    }
    const rounds = (...names: string[]) => Array.from({ length: 30 }, () => names).flat()
    expect(seen({ namespaces: ['team'], threads: [] })).toEqual(rounds('th_0', 'th_2', 'th_5'))
    expect(seen({ namespaces: ['team'], threads: [] }, 7)).toEqual(rounds('th_0', 'th_2', 'th_5'))
    expect(seen({ namespaces: ['team/ops'], threads: ['th_5', 'th_3'] })).toEqual(
      rounds('th_2', 'th_3', 'th_5'),
    )
    expect(seen({ namespaces: ['tea', 'team/o', 'nowhere'], threads: ['th_none'] })).toEqual([])
    expect(seen({ namespaces: [], threads: ['th_namespace_registry'] })).toEqual([])
    await at.make('nowhere')
    await at.write(1, 'th_late', 'nowhere')
    expect(seen({ namespaces: ['nowhere'], threads: [] })).toEqual(['th_late'])
  })

  it('is not left by a record whose place in the index was changed on the disk', async () => {
    using at = new Filled()
    await at.make('team', 'other')
    await at.write(3, 'th_team', 'team')
    await at.write(3, 'th_other', 'other')
    const { id = 0 } = at.store.namespace('team') ?? {}
    const last = at.store.head()
    at.tamper(`UPDATE records SET namespace = ${id} WHERE seq = ${last}`)
    const reach = { namespaces: ['team'], threads: [] }
    const { records } = at.store.page({ reach }, 0, at.store.head(), 10)
    expect(new Set(records.map(({ thread }) => thread))).toEqual(new Set(['th_team']))
  })
})
