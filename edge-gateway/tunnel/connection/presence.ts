import { LIMITS } from '../../../protocol/limits.ts'
import { STORED } from '../stored-keys.ts'
import type { StoredValues } from '../stored-values.ts'

/** Since when nobody came after the connection of this generation, milliseconds since 1970. */
interface Away {
  readonly generation: number
  readonly since: number
}

/** Which connections home has had, and since when it is away: both outlive the object's sleep and restart. */
export class Presence {
  readonly #stored: StoredValues
  #awaySince: number | undefined

  constructor(stored: StoredValues) {
    this.#stored = stored
  }

  /** Of the newest connection that was let in; undefined: none ever was. */
  get generation(): number | undefined {
    return this.#stored.get<number>(STORED.generation)
  }

  /** Home connects. @returns the generation of its connection, one higher than the last */
  arrive(): number {
    const generation = (this.generation ?? 0) + 1
    this.#stored.put(STORED.generation, generation)
    this.#awaySince = undefined
    return generation
  }

  /** Home is away, from now on unless that is known already. @param now milliseconds since 1970 */
  leave(now: number): void {
    this.#awaySince ??= this.#recall(now)
  }

  /** Whether home, which is away, was here a moment ago, so that it pays to wait for its return. */
  expected(now: number): boolean {
    // Not known after a restart of the object, which ends all connections: then it begins here.
    const since = (this.#awaySince ??= this.#recall(now))
    return now - since <= LIMITS.parkAwayMs
  }

  #recall(now: number): number {
    const { generation } = this
    if (generation === undefined) return -Infinity
    const known = this.#stored.get<Away>(STORED.away)
    // Of an older generation: home has been here since.
    if (known?.generation === generation) return known.since
    const away: Away = { generation, since: now }
    this.#stored.put(STORED.away, away)
    return now
  }
}
