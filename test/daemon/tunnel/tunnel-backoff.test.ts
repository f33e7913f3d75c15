import { expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { backoffMs } from '../../../local-daemon/tunnel/backoff.ts'
import { aTunnel } from './a-tunnel.ts'
import { aScriptedGateway, HELLO, sendFrames } from '../../support/gateway/scripted-gateway.ts'

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
  ['replaced', 1, 1_000, 3_000],
  ['replaced', 2, 30_000, 90_000],
  ['replaced', 50, 30_000, 90_000],
] as const)('%s for the %i. time: from %i to %i ms', ([kind, failures, least, most]) => {
  const away = 30_000
  expect(backoffMs(kind, failures, 0, away)).toBeCloseTo(least)
  expect(backoffMs(kind, failures, 1, away)).toBeCloseTo(most)
  expect(backoffMs(kind, failures, 0.5, away)).toBeCloseTo((least + most) / 2)
})

test.for([
  ['lost', 1, 250],
  ['lost', 2, 1_000],
  ['lost', 3, 1_500],
  ['lost', 50, 1_500],
  ['refused', 50, 360_000],
  ['replaced', 50, 90_000],
] as const)(
  '%s for the %i. time, within half a minute: at most %i ms',
  ([kind, failures, most]) => {
    expect(backoffMs(kind, failures, 1, 29_999)).toBeCloseTo(most)
  },
)

test.for([
  ['2 s starts the count of losses anew', 2_000, 250],
  ['less does not', 1_500, 1_500],
] as const)('a connection that served for %s', async ([_name, servedMs, waitMs]) => {
  let served!: (socket: WebSocket) => void
  const greeted = new Promise<WebSocket>((resolve) => (served = resolve))
  await using gateway = await aScriptedGateway(({ accept, socket }, number) => {
    // Two tries: what is cut is dialed once more in the same try.
    if (number <= 2 * 2) return socket.destroy()
    void accept().then((webSocket) => {
      sendFrames(webSocket, HELLO)
      served(webSocket)
    })
  })
  let chance = 0
  await using home = aTunnel(gateway.url, undefined, { random: () => chance })
  const socket = await greeted
  await home.event('connected')
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + servedMs)
  try {
    chance = 0.999
    const losses = () => home.events.filter((event) => event.kind === 'disconnected')
    socket.close(1001)
    await vi.waitFor(() => expect(losses()).toHaveLength(3))
    expect(losses()[2]?.retryMs).toBeCloseTo(waitMs, -2)
  } finally {
    clock.mockRestore()
  }
})
