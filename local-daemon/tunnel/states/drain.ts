import type { Effect } from './effects.ts'
import type { OpenConnection } from './state.ts'

/** How long open requests may take to finish when the daemon stops, or needs the place of their connection. */
const DRAIN_MS = 5_000

/** Ends a connection, with time for its requests. */
export function drain({ id, generation }: OpenConnection, reason: string): Effect {
  // Before HELLO no request came, and a gateway that does not greet does not answer a goodbye either.
  if (generation === undefined) return { do: 'drop', connection: id, reason }
  return { do: 'drain', connection: id, ms: DRAIN_MS, reason }
}
