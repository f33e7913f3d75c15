import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { STORE_LIMITS } from '../../../../local-daemon/store/limits.ts'
import type { StoreTransactor } from '../../../../local-daemon/store/transactor.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import { aStore, type TestStore } from '../../../support/daemon/a-store.ts'
import { until } from '../../../support/until.ts'
import { indexed, seqsOf } from './search-a-store.ts'

const { indexRecords } = STORE_LIMITS
const SECOND = 1_000

/** Writes many, as a bulk append that goes on, until it is told to stop. */
async function bulkFor(at: TestStore, isOver: () => boolean): Promise<void> {
  let clock = 0
  while (!isOver()) {
    await at.store.transactBulk((tx: StoreTransactor) => {
      for (let n = 0; n < 200; n += 1, clock += 1) {
        tx.append(aDraft({ thread: 'th_bulk', clock, body: { text: `tea ${clock}` } }))
      }
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('while a bulk append is under way the index is written now and then, and caught up after it', async () => {
  using at = aStore()
  at.store.searchIndex.isEnabled = true
  const began = performance.now()
  await bulkFor(at, () => at.store.head() > 5 * indexRecords && performance.now() - began > SECOND)
  const { behind } = at.store.searchIndex.status
  expect(behind).toBeGreaterThan(2 * indexRecords)
  await indexed(at.store)
  expect(await seqsOf(at.store, 'tea')).toHaveLength(1_000)
  await at.store.searchIndex.close()
})

test('a redaction does not wait until a bulk append is over', async () => {
  using at = aStore()
  const { record } = await at.store.append(aDraft({ body: { text: 'canary' } }))
  await indexed(at.store)
  // Longer than a redaction waits for the index.
  const { indexBulkPauseMs } = STORE_LIMITS
  Object.assign(STORE_LIMITS, { indexBulkPauseMs: 60_000 })
  try {
    let isOver = false
    const bulk = bulkFor(at, () => isOver)
    // The index has made a step, and rests.
    await until('it is behind', () => at.store.searchIndex.status.behind > 2 * indexRecords)
    const note = aDraft({
      thread: 'th_audit_redactions',
      act: 'LEARN',
      body: { record_id: record.id },
    })
    expect(await at.store.redact(record.id, () => note)).toMatchObject({ erased: true })
    isOver = true
    await bulk
    expect(await seqsOf(at.store, 'canary')).toEqual([])
    await at.store.searchIndex.close()
  } finally {
    Object.assign(STORE_LIMITS, { indexBulkPauseMs })
  }
})
