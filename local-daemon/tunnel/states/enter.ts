import type { StateStatus, TunnelState } from '../tunnel-status.ts'
import type { Moment } from './events.ts'
import type { Memory, State, StateName, StateOf } from './state.ts'

/** What the status shows of each state. */
export const SHOWN: Readonly<Record<StateName, TunnelState>> = {
  'making room': 'connecting',
  connecting: 'connecting',
  greeting: 'greeting',
  connected: 'connected',
  leaving: 'leaving',
  waiting: 'waiting',
  yielding: 'waiting',
  stopping: 'leaving',
  stopped: 'stopped',
}

/** The status without a connection. */
export const UNCONNECTED = { generation: null, policy_version: null } as const

/** What changes on the way into a state: its newest connection in any case. */
type Entry<N extends StateName> = Pick<StateOf<N>, 'newest'> &
  Partial<Omit<Memory, 'status' | 'dialing'>> & {
    readonly status?: Partial<Omit<StateStatus, 'state' | 'since'>>
  }

/** The state of this name, reached from another one. */
export function enter<N extends StateName>(
  from: State,
  name: N,
  { wall }: Moment,
  entry: Entry<N>,
): StateOf<N> {
  const shown = SHOWN[name]
  const since = shown === from.status.state ? from.status.since : wall
  return {
    ...from,
    ...entry,
    name,
    dialing: name === 'connecting' || (name === 'stopping' && from.dialing),
    status: { ...from.status, ...entry.status, state: shown, since },
  }
}
