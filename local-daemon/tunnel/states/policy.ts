import type { Effect } from './effects.ts'
import type { EventOf, Moment } from './events.ts'
import type { State, StateOf, Step } from './state.ts'

/** How long the gateway may take to acknowledge a policy before a newer one is sent all the same, milliseconds. */
const POLICY_PATIENCE_MS = 2_000

/** Sends the policy. Many changes in a row are one for the gateway: the next is sent when it has the one before. */
export function sendPolicy(state: StateOf<'connected'>, { at }: Moment): Step {
  if (at - state.policySentAt < POLICY_PATIENCE_MS) {
    return { state: { ...state, policyDue: true }, effects: [] }
  }
  return {
    state: { ...state, policyDue: false, policySentAt: at },
    effects: [{ do: 'send policy', connection: state.newest.id }],
  }
}

/** The gateway keeps the policy: a newer one can go. */
export function takeAck(state: StateOf<'connected'>, event: EventOf<'policy acked'>): Step {
  const kept = { ...state, policySentAt: -Infinity, status: acked(state, event) }
  const sent = state.policyDue ? sendPolicy(kept, event) : { state: kept, effects: [] }
  return { state: sent.state, effects: [reportAck(event), ...sent.effects] }
}

/** The gateway keeps the policy, and gets no newer one on this connection. */
export function noteAck(state: State, event: EventOf<'policy acked'>): Step {
  return { state: { ...state, status: acked(state, event) }, effects: [reportAck(event)] }
}

function acked({ status }: State, { version }: EventOf<'policy acked'>): State['status'] {
  return { ...status, policy_version: version }
}

function reportAck({ version }: EventOf<'policy acked'>): Effect {
  return { do: 'report', event: { kind: 'policy-acked', version } }
}
