import { until } from '../support/until.ts'
import type { GatewayChild } from './gateway-child.ts'
import type { Outcome } from './outcome.ts'
import type { Violation } from './violation.ts'

/** A start of workerd and the longest first pauses before one, on a busy machine, milliseconds. */
const CRASH_MS = 15_000

/** Kills workerd alone. Resolves when its front has started it again, and the new one answers. */
export async function crashWorkerd(gateway: GatewayChild, limitMs = CRASH_MS): Promise<Outcome> {
  const { pid } = gateway
  process.kill(pid, 'SIGKILL')
  const violations: Violation[] = []
  await until('workerd runs again', () => gateway.pid !== pid, limitMs).catch(() => {
    const text = `workerd was not started again within ${limitMs} ms`
    violations.push({ check: 'front', kind: 'stuck', text })
  })
  return { effect: `workerd ${pid} was killed, ${gateway.pid} followed`, violations }
}
