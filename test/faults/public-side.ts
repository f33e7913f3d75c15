import type { Traffic } from '../support/clients/ask.ts'
import type { Fields } from '../support/clients/send.ts'
import type { History } from './history.ts'
import type { Random } from '../support/random.ts'

/** What every client of a run needs. */
export interface PublicSide {
  /** Where the gateway is reached, through the link of the clients. */
  readonly port: number
  readonly authorization: Fields[number]
  readonly history: History
  readonly random: Random
  /** Requests that wait for their answer, or for the rest of it. */
  readonly traffic: Traffic
  /** Milliseconds for which a client repeats one request before it gives up. */
  readonly patienceMs: number
  /** The load is over: finish what was begun, and begin nothing. */
  readonly over: AbortSignal
  /** The disk of the store is full at times, and a refusal that says so is an outage. */
  readonly storeMayFail?: boolean
}
