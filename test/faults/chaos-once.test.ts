import { expect, test } from 'vitest'
import { runChaos } from './run-chaos.ts'

/** Something of each kind of place. `npm run test:faults` draws what happens, and does much more of it. */
test('a daemon that is killed, a tunnel that is cut and a workerd that is gone lose nothing under load', async () => {
  const { violations, witnesses, acknowledged, events } = await runChaos({
    seed: Date.now().toString(36),
    schedule: [
      { kind: 'client-reset', atMs: 200 },
      { kind: 'tunnel-reset', atMs: 300 },
      { kind: 'gateway-crash', atMs: 300 },
      { kind: 'daemon-kill', atMs: 800 },
    ],
  })
  expect(violations).toEqual([])
  expect(witnesses).toHaveLength(4)
  for (const count of [acknowledged, events]) expect(count).toBeGreaterThan(20)
})
