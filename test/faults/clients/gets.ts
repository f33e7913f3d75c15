import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../../support/clients/ask.ts'

/** Safe requests at a steady rate, whatever becomes of those before. */
export interface Gets {
  /** When each one was sent and answered, milliseconds of `performance.now()`, and how. */
  readonly answers: readonly {
    readonly sentAt: number
    readonly at: number
    readonly status: number
  }[]
  /** Sends no more. Resolves when all are answered. */
  stop(): Promise<void>
}

/** @param perSecond requests that are begun, each on a connection of its own */
export function startGets(port: number, authorization: string, perSecond: number): Gets {
  const answers: { sentAt: number; at: number; status: number }[] = []
  const side = { port, traffic: { underWay: 0 } }
  const headers = [['authorization', authorization]] as const
  async function get(): Promise<void> {
    const sentAt = performance.now()
    // 0: no answer, or not the whole of one.
    const answer = await ask(side, { path: '/v1/threads?limit=10', headers }).catch(() => undefined)
    answers.push({ sentAt, at: performance.now(), status: answer?.status ?? 0 })
  }
  const timer = setInterval(() => void get(), 1000 / perSecond)
  return {
    answers,
    async stop() {
      clearInterval(timer)
      while (side.traffic.underWay > 0) await sleep(20)
    },
  }
}
