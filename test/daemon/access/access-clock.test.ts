import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StreamGrantWatch } from '../../../local-daemon/access/stream-grant-watch.ts'
import type { AccountPrincipal } from '../../../local-daemon/access/principal.ts'
import { StreamTickets } from '../../../local-daemon/access/stream-tickets.ts'
import { ACCESS_LIMITS } from '../../../local-daemon/access/limits.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { parseDidKey } from '../../../protocol/identity/did-key.ts'
import { anIdentity } from '../../support/test-identity.ts'
import { aStore } from '../../support/daemon/a-store.ts'

const HOUR_MS = 3_600_000
const PATH = '/v1/sync/subscribe'
const identity = anIdentity()

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const reader = (expiresAt: number | null): AccountPrincipal => ({
  kind: 'account',
  account: 'sa_0000000001',
  tokenId: 'a'.repeat(64),
  scopes: ['records:read'],
  actors: [],
  namespace: 'default',
  reach: undefined,
  expiresAt,
})

test('a ticket lasts half a minute, and keeps its account from no other, though the clock is set back an hour', () => {
  const tickets = new StreamTickets({ ...identity, publicKey: parseDidKey(identity.did) })
  const issue = () => tickets.issue(reader(null), PATH)
  vi.setSystemTime(Date.now() + HOUR_MS)
  const all = Array.from({ length: ACCESS_LIMITS.ticketsOfAccount }, issue)
  vi.setSystemTime(Date.now() - HOUR_MS)
  expect(issue).toThrow('Too many stream tickets')
  vi.advanceTimersByTime(1_000 * ACCESS_LIMITS.ticketSeconds + 1)
  expect(tickets.redeem(all[0]?.ticket ?? '', PATH)).toBeUndefined()
  expect(tickets.redeem(issue().ticket, PATH)).toEqual(reader(null))
})

test('what a token with an end has opened ends by the clock, also where the machine slept or the clock was set', () => {
  using at = aStore()
  const expiresAt = Math.floor(Date.now() / 1000) + 3600
  const endOf = () => (Date.now() >= expiresAt * 1000 ? 'AUTH_INVALID' : undefined)
  const watch = new StreamGrantWatch(at.store, { endOf })
  const ended = vi.fn<() => void>()
  watch.watch(reader(expiresAt), ended)
  vi.setSystemTime(Date.now() + 2 * HOUR_MS)
  vi.advanceTimersByTime(20_000)
  expect(ended).toHaveBeenCalledWith('AUTH_INVALID')
})

test('twenty thousand readers whose token has an end are watched without holding the daemon up', () => {
  vi.useRealTimers()
  using at = aStore()
  const watch = new StreamGrantWatch(at.store, { endOf: () => undefined })
  const from = performance.now()
  const stops = Array.from({ length: LIMITS.subscribers }, () =>
    watch.watch(reader(2 ** 31), () => {}),
  )
  expect(performance.now() - from).toBeLessThan(1_000)
  for (const stop of stops) stop()
})
