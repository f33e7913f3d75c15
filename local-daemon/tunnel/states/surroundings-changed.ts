import type { TunnelEvent } from '../tunnel-event.ts'
import type { EventOf } from './events.ts'
import { sendPolicy } from './policy.ts'
import type { State, StateOf, Step } from './state.ts'

type Change = EventOf<'clock jumped' | 'network changed'>

/** The machine slept, its clock was set, or it has another network: what is open must show that it lives. */
export function probe(state: State, event: Change): Step {
  const jumped = event.kind === 'clock jumped'
  const told: TunnelEvent = jumped
    ? { kind: 'woke', jumpMs: event.jumpMs }
    : { kind: 'network-changed' }
  return {
    state: { ...state, failures: 0, replacements: 0 },
    effects: [
      { do: 'report', event: told },
      { do: 'probe', why: jumped ? 'a jump of the clock' : 'a change of network' },
    ],
  }
}

/** `probe`; and the gateway gets the policy again: the ends of tokens are by our clock, which the policy tells. */
export function probeAndSend(state: StateOf<'connected'>, event: Change): Step {
  const { effects } = probe(state, event)
  const sent = sendPolicy({ ...state, failures: 0, replacements: 0 }, event)
  return { state: sent.state, effects: [...effects, ...sent.effects] }
}

/** `probe`; and the dial, which may hang, is abandoned. */
export function abandonDial(before: State, event: Change): Step {
  const { state, effects } = probe(before, event)
  const why = event.kind === 'clock jumped' ? 'a jump of the clock' : 'a change of network'
  return { state, effects: [...effects, { do: 'abandon dial', why }] }
}

/** `probe`; and the wait is over. */
export function endWait(before: State, event: Change): Step {
  const { state, effects } = probe(before, event)
  return { state, effects: [...effects, { do: 'set timer', ms: 0 }] }
}
