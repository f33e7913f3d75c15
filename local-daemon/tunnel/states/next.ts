import type { EventName, LinkEvent } from './events.ts'
import type { State, Step } from './state.ts'
import { TABLE } from './table.ts'

/** What follows from an event: another state, and what the shell is to do. Pure: equal arguments, equal results. */
export function next(state: State, event: LinkEvent): Step {
  const row = rowOf(state, event)
  if (row === undefined) return { state, effects: [] }
  // The type of TABLE says that each cell takes its own state and event; by two names at once the compiler cannot follow.
  const cell = TABLE[state.name][row] as (state: State, event: LinkEvent) => Step
  return cell(state, event)
}

/** Of a connection that is not the newest only its end and its silence count; undefined for all else that it says. */
function rowOf(state: State, event: LinkEvent): EventName | undefined {
  if (event.kind === 'dialed' || !('connection' in event)) return event.kind
  if (event.connection === state.newest?.id || event.kind === 'silent') return event.kind
  return event.kind === 'closed' || event.kind === 'closed as replaced' ? 'older closed' : undefined
}
