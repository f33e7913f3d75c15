import type { ProblemCode } from '../../protocol/http/problem.ts'
import type { RelayedKind } from '../internal/relayed.ts'

/**
 * What the object is called for. Each of them wakes it if it sleeps; so do, uncounted, the registry's calls
 * (`internal/home-object.ts`). Pings are answered by the platform, and no timer outlives a sleep. `plain` to `metrics` are requests, `daemon_message` and `subscriber_ack`
 * WebSocket messages that come in.
 */
export const CAUSES = [
  'plain',
  'websocket',
  'events',
  'resume',
  'cors',
  'challenge',
  'connect',
  'metrics',
  'daemon_message',
  'daemon_close',
  'subscriber_ack',
  'subscriber_close',
] as const

export type Cause = (typeof CAUSES)[number]

/** What a relayed request of this kind counts as. */
export function causeOf(kind: RelayedKind): Cause {
  if (kind === 'feed') return 'events'
  return kind === 'bare' || kind === 'head' || kind === 'body' ? 'plain' : kind
}

const SUMS = [
  'receivedBytes',
  'sentMessages',
  'sentBytes',
  'groupFrames',
  'awakeMs',
  'parked',
  'faults',
] as const

type Sum = (typeof SUMS)[number]

/** The counts as a socket's attachment keeps them, some 700 bytes. Names, so that another version can read them. */
export interface CountsSnapshot {
  /** When counting began, milliseconds since 1970. */
  readonly since: number
  readonly calls: Readonly<Partial<Record<Cause, number>>>
  readonly wakes: Readonly<Partial<Record<Cause, number>>>
  readonly sums: Readonly<Partial<Record<Sum, number>>>
  readonly refused: Readonly<Partial<Record<ProblemCode, number>>>
}

/**
 * What wakes the object and what it does then, counted in memory: it is the attachment of home's socket that carries
 * the counts over a sleep, for nothing is written to storage on the way of a request.
 */
export class TrafficCounts {
  readonly since: number
  readonly calls: Record<Cause, number>
  /** Of the calls those that found the object asleep, or not there yet. */
  readonly wakes: Record<Cause, number>
  readonly sums: Record<Sum, number>
  readonly refused: Partial<Record<ProblemCode, number>>
  #awake = false
  #saved = true

  /**
   * @param restored from before the sleep; undefined: counting begins now
   * @param now milliseconds since 1970
   */
  constructor(restored: CountsSnapshot | undefined, now: number) {
    this.since = restored?.since ?? now
    this.calls = filled(CAUSES, restored?.calls)
    this.wakes = filled(CAUSES, restored?.wakes)
    this.sums = filled(SUMS, restored?.sums)
    this.refused = { ...restored?.refused }
  }

  /** To be told first of whatever the object is called for. */
  called(cause: Cause): void {
    this.#saved = false
    this.calls[cause] += 1
    if (this.#awake) return
    this.#awake = true
    this.wakes[cause] += 1
  }

  /** More of something that came with a call. */
  add(what: Sum, amount = 1): void {
    this.#saved = false
    this.sums[what] += amount
  }

  /** A request was answered with this code, by the object and not by home. */
  refuse(code: ProblemCode): void {
    this.#saved = false
    this.refused[code] = (this.refused[code] ?? 0) + 1
  }

  /** Whether something was counted since `saved`. */
  get unsaved(): boolean {
    return !this.#saved
  }

  /** The newest of home's sockets has them. */
  saved(): void {
    this.#saved = true
  }

  snapshot(): CountsSnapshot {
    const { since, calls, wakes, sums, refused } = this
    return { since, calls, wakes, sums, refused }
  }
}

/** All of one shape, with a zero where nothing is known: that is what makes counting cheap. */
function filled<Name extends string>(
  names: readonly Name[],
  known: Readonly<Partial<Record<Name, number>>> | undefined,
): Record<Name, number> {
  const zeros = names.map((name) => [name, known?.[name] ?? 0])
  return Object.fromEntries(zeros) as Record<Name, number>
}
