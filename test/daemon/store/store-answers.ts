import { overSocket } from '../../support/daemon/a-daemon.ts'
import type { aKeptHome } from '../../support/daemon/a-kept-home.ts'

/** A record as any client sends it. */
export const RECORD = {
  thread: 'th_x',
  act: 'DO',
  body: {},
  parents: [],
  data_type: 'SCALAR',
  judged_by: null,
}

/** The request that appends it. */
export const POST = { method: 'POST', body: JSON.stringify(RECORD) }

/** What `/health` tells the owner of the store. */
export interface Health {
  readonly status: string
  readonly store: {
    readonly writable: boolean
    readonly problem: {
      readonly code: string
      readonly message: string
      readonly try: string
    } | null
  }
}

export async function healthOf(at: ReturnType<typeof aKeptHome>): Promise<Health> {
  const { text } = await overSocket(at.daemon().addresses.socket, '/health')
  return JSON.parse(text) as Health
}
