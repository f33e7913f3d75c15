import type { State, Step } from './state.ts'

/** The event may come in this state, and nothing happens. */
export function ignore(state: State): Step {
  return { state, effects: [] }
}

/** The event cannot come in this state; if it did, nothing would happen. */
export function never(state: State): Step {
  return { state, effects: [] }
}
