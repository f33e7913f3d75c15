import type { RequestHead } from '../../protocol/heads.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { RateMeter } from '../../protocol/rate-meter.ts'

/** Clients remembered at once; the one that came first is forgotten first. */
const CLIENTS_MAX = 1024
/** The account inside a bearer, which the Worker has verified. */
const ACCOUNT = /^bearer spl_[a-z0-9]+_(sa_[a-z0-9]+)_/i

/**
 * Who cancels too often. The multiplexer's own limit is for the connection, and everybody's: without
 * this one a single client that opens and cancels would shut all the others out. Costs nothing as long
 * as nobody cancels.
 */
export class CancelBook {
  readonly #meters = new Map<string, RateMeter>()
  /** Until then somebody may be over the limit; milliseconds since 1970. */
  #watchUntil = 0

  /** @param head the cancelled request's head as JSON */
  add(head: string, now: number): void {
    const client = clientOf(head)
    let meter = this.#meters.get(client)
    if (meter === undefined) {
      if (this.#meters.size >= CLIENTS_MAX) this.#meters.delete([...this.#meters.keys()][0] ?? '')
      meter = new RateMeter(LIMITS.cancelledOpensPerClient, LIMITS.cancelledOpensIntervalMs)
      this.#meters.set(client, meter)
    }
    meter.add(now)
    if (meter.exceeded(now)) this.#watchUntil = now + LIMITS.cancelledOpensIntervalMs
  }

  refuses(head: string, now: number): boolean {
    if (now >= this.#watchUntil) return false
    return this.#meters.get(clientOf(head))?.exceeded(now) === true
  }
}

function clientOf(text: string): string {
  const head = JSON.parse(text) as RequestHead
  const authorization = head.headers.find(([name]) => name === 'authorization')?.[1]
  return ACCOUNT.exec(authorization ?? '')?.[1] ?? head.client ?? 'anonymous'
}
