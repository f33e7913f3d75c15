import { expect, test } from 'vitest'
import { backoffMs } from '../../local-daemon/tunnel/backoff.ts'

test.for([
  ['lost', 1, 0, 250],
  ['lost', 2, 100, 1_000],
  ['lost', 3, 200, 2_000],
  ['lost', 4, 400, 4_000],
  ['lost', 5, 800, 8_000],
  ['lost', 6, 1_600, 16_000],
  ['lost', 7, 3_000, 30_000],
  ['lost', 8, 3_000, 30_000],
  ['lost', 1_000_000, 3_000, 30_000],
  ['refused', 1, 240_000, 360_000],
  ['refused', 50, 240_000, 360_000],
  ['replaced', 1, 30_000, 90_000],
  ['replaced', 50, 30_000, 90_000],
] as const)('%s for the %i. time: from %i to %i ms', ([kind, failures, least, most]) => {
  expect(backoffMs(kind, failures, 0)).toBeCloseTo(least)
  expect(backoffMs(kind, failures, 1)).toBeCloseTo(most)
  expect(backoffMs(kind, failures, 0.5)).toBeCloseTo((least + most) / 2)
})
