import { UNCONNECTED } from './enter.ts'
import type { Moment } from './events.ts'
import type { Step } from './state.ts'

/** The first state: the daemon dials as soon as it starts. */
export function begin({ at, wall }: Moment): Step {
  return {
    state: {
      name: 'connecting',
      newest: undefined,
      older: [],
      failures: 0,
      replacements: 0,
      heldAt: at,
      yields: false,
      gaveUpAt: -Infinity,
      policySentAt: -Infinity,
      policyDue: false,
      dialing: true,
      status: {
        state: 'connecting',
        ...UNCONNECTED,
        since: wall,
        last_error: null,
        last_connected_at: null,
        rival_at: null,
        reconnects: 0,
      },
    },
    effects: [{ do: 'dial', yields: false }],
  }
}
