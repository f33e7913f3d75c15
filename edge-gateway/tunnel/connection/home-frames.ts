import type { Membership, MultiplexerEvents } from '../../../protocol/multiplexer/multiplexer.ts'
import type { EdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'
import type { Hello } from '../../../protocol/tunnel/hello.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import type { OpenExchanges } from './open-exchanges.ts'
import type { Subscribers } from '../subscribers/subscribers.ts'
import type { TrafficCounts } from '../traffic-counts.ts'

/** What the daemon's frames are about, on one connection. */
export interface FrameTargets {
  readonly generation: number
  readonly exchanges: OpenExchanges
  /** Who gets what is said to groups. */
  readonly subscribers: Subscribers
  readonly counts: TrafficCounts
  hello(hello: Hello): void
  goAway(lastStream: number): void
  policy(policy: EdgePolicy): void
  /** Home must forget a member. */
  leave(membership: Membership): void
  output(): void
}

/** Passes each frame of the daemon to whom it concerns. */
export function homeFrames(targets: FrameTargets): MultiplexerEvents {
  const { generation, exchanges, subscribers, counts } = targets
  return {
    hello: (hello) => targets.hello(hello),
    head: (stream, head, body, end) =>
      exchanges.tell(stream, (open) => {
        open.headDeadline = Infinity
        open.exchange.head(head, body, end)
      }),
    data: (stream, bytes) => exchanges.tell(stream, ({ exchange }) => exchange.data(bytes)),
    end: (stream) => exchanges.tell(stream, ({ exchange }) => exchange.end()),
    reset: (stream, code) => exchanges.end(stream, code),
    stopSending: (stream) => exchanges.tell(stream, ({ exchange }) => exchange.stopSending()),
    writable: (stream) => exchanges.tell(stream, ({ exchange }) => exchange.writable()),
    begun: (stream) => exchanges.tell(stream, ({ exchange }) => exchange.begun?.()),
    closed: (stream) => exchanges.delete(stream),
    joined: (stream, { group, member }) => {
      const joining = { generation, group, member }
      let joined = false
      exchanges.tell(stream, ({ exchange }) => {
        joined = exchange.joined?.(joining) === true
      })
      if (joined) return
      // Nobody is there who could join: home must not keep a member that nobody follows.
      targets.leave(joining)
      exchanges.end(stream, RESET.PROTOCOL_ERROR)
    },
    group: (group, events) => {
      counts.add('groupFrames')
      subscribers.forward(generation, group, events)
    },
    groupEnd: (group) => subscribers.dissolve(generation, group),
    left: (membership, farewell) => subscribers.expel({ generation, ...membership }, farewell),
    goAway: (lastStream) => targets.goAway(lastStream),
    policy: (policy) => targets.policy(policy),
    output: () => targets.output(),
  }
}
