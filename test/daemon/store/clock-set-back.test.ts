import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RotationLimit } from '../../../local-daemon/access/rotation-limit.ts'
import { StreamTickets } from '../../../local-daemon/access/stream-tickets.ts'
import type { Principal } from '../../../local-daemon/access/principal.ts'
import { TokenUses } from '../../../local-daemon/access/token-uses.ts'
import { ACCESS_LIMITS } from '../../../local-daemon/access/limits.ts'
import type { Store } from '../../../local-daemon/store/open-store.ts'
import type { Identity } from '../../../local-daemon/access/identity/identity.ts'
import { anIdentity } from '../../support/test-identity.ts'

const YEAR_MS = 365 * 24 * 3_600_000
const OWNER: Principal = { kind: 'owner' }

// A machine starts with a wrong clock, and sets it back once it reaches a time server.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.now() + YEAR_MS })
})
afterEach(() => {
  vi.useRealTimers()
})
const setBack = () => vi.setSystemTime(Date.now() - YEAR_MS)

test('unused tickets end after half a minute, even if the clock is set back', () => {
  const tickets = new StreamTickets(anIdentity() as unknown as Identity)
  const issue = () => tickets.issue(OWNER, '/v1/sync/subscribe')
  for (let n = 0; n < ACCESS_LIMITS.ticketsOfAccount; n += 1) issue()
  setBack()
  expect(issue).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  vi.advanceTimersByTime(ACCESS_LIMITS.ticketSeconds * 1000)
  expect(issue).not.toThrow()
})

test('an account may exchange its bearer again after a minute, also if the clock is set back', () => {
  const limit = new RotationLimit()
  for (let n = 0; n < ACCESS_LIMITS.rotationsPerMinute; n += 1) limit.count('sa_1')
  setBack()
  expect(() => limit.count('sa_1')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  vi.advanceTimersByTime(60_000)
  expect(() => limit.count('sa_1')).not.toThrow()
})

test('the use of a token is put down again after ten minutes, also if the clock is set back', async () => {
  let writes = 0
  const store = { transact: async () => void (writes += 1) } as unknown as Store
  const uses = new TokenUses(store)
  uses.note('a'.repeat(64))
  await uses.write()
  setBack()
  vi.advanceTimersByTime(ACCESS_LIMITS.tokenUseMs)
  uses.note('a'.repeat(64))
  await uses.write()
  expect(writes).toBe(2)
})
