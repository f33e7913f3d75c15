import { setTimeout as sleep } from 'node:timers/promises'
import type { GatewayUnderTest } from '../../support/gateway/gateway-under-test.ts'
import { memoryOf } from '../../support/memory-of.ts'
import { send } from '../../support/clients/send.ts'

/** Looks at it, and the pause before each, milliseconds, in which pages go back to the system. */
const LOOKS = 4
const PAUSE_MS = 100

export interface LiveMemory {
  /** Resident memory of workerd, bytes. */
  readonly bytes: number
  /** Requests that have come to the Worker so far. */
  readonly requests: number
}

/**
 * What a `collectable` gateway holds, without the garbage that its runtime has not collected yet: that grows for as long as
 * the runtime likes, and says nothing. The least of some looks, because a single one may meet work that is under way.
 */
export async function liveMemory(gateway: GatewayUnderTest): Promise<LiveMemory> {
  let bytes = Number.POSITIVE_INFINITY
  let requests = 0
  for (let look = 0; look < LOOKS; look += 1) {
    requests = await collectGarbage(gateway)
    await sleep(PAUSE_MS)
    bytes = Math.min(bytes, memoryOf(gateway.pid ?? 0))
  }
  return { bytes, requests }
}

/**
 * Collects the garbage of a `collectable` gateway. Done now and then under load it keeps the heap small, whose allocator
 * gives nothing back of what a large one needed. Resolves to the requests that have come to the Worker so far.
 */
export async function collectGarbage({ port }: GatewayUnderTest): Promise<number> {
  const answer = await send(port, { path: '/', headers: [['x-test-collect', '1']] })
  return JSON.parse(answer.text) as number
}
