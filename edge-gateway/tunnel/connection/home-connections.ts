import { LIMITS } from '../../../protocol/limits.ts'
import { CLOSE } from '../../../protocol/tunnel/close-code.ts'
import type { EdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'
import type { Hello } from '../../../protocol/tunnel/hello.ts'
import { attachmentOf, type ConnectionAttachment, putAttachment } from './connection-attachment.ts'
import type { ConnectionEvent } from './connection-states.ts'
import type { Presence } from './presence.ts'
import type { MemberOf } from '../subscribers/bridge-attachment.ts'
import type { Subscribers } from '../subscribers/subscribers.ts'
import type { TrafficCounts } from '../traffic-counts.ts'
import { TunnelConnection } from './tunnel-connection.ts'

/** A replaced connection that says nothing for so long is dead (streams have heartbeats every 15 s), milliseconds. */
const RETIRED_SILENCE_MS = 20_000
/** No replaced connection is older than this, milliseconds. */
const RETIRED_MAX_MS = 30 * 60_000
/** Tag of the sockets that daemons have. */
export const DAEMON = 'daemon'

export interface ConnectionsParts {
  readonly ctx: DurableObjectState
  readonly presence: Presence
  readonly subscribers: Subscribers
  readonly counts: TrafficCounts
  readonly onPolicy: (connection: TunnelConnection, policy: EdgePolicy) => void
}

/** Who is home: the connections of one daemon, the newest of which gets all new requests. */
export class HomeConnections {
  readonly #parts: ConnectionsParts
  readonly #connections = new Map<WebSocket, TunnelConnection>()
  #current: TunnelConnection | undefined

  /** Takes over the sockets that outlived the object's sleep. */
  constructor(parts: ConnectionsParts) {
    this.#parts = parts
    for (const socket of parts.ctx.getWebSockets(DAEMON)) this.#adopt(socket)
  }

  /** The newest one, whether it has greeted or not. */
  get current(): TunnelConnection | undefined {
    return this.#current
  }

  get openStreams(): number {
    return [...this.#connections.values()].reduce((sum, one) => sum + one.streams.open, 0)
  }

  of(socket: WebSocket): TunnelConnection | undefined {
    return this.#connections.get(socket)
  }

  /** The newest one, unless home was silent for so long that it must be gone. @param now milliseconds since 1970 */
  heard(now: number): TunnelConnection | undefined {
    const connection = this.#current
    if (connection === undefined || now - connection.heardAt <= LIMITS.silenceMs) return connection
    for (const [socket, one] of this.#connections) this.#dropSilent(socket, one, now)
    return this.#current
  }

  /** Accepts a new one. The newest wins at once and waits for nothing: the old one may be dead without knowing it. */
  accept(socket: WebSocket): void {
    const { ctx, presence, counts } = this.#parts
    const generation = presence.arrive()
    ctx.acceptWebSocket(socket, [DAEMON])
    const attachment: ConnectionAttachment = {
      generation,
      connectedAt: Date.now(),
      counts: counts.snapshot(),
    }
    putAttachment(socket, attachment)
    for (const old of this.#connections.values()) old.replace()
    this.#adopt(socket)
    this.#endOldest()
  }

  /** The platform reports its end. */
  drop(socket: WebSocket): void {
    const { subscribers, presence } = this.#parts
    const connection = this.#connections.get(socket)
    this.#connections.delete(socket)
    connection?.lost()
    if (connection !== undefined) subscribers.lost(connection.generation)
    // Compared, not assumed: an old socket's late end must not take the new connection down.
    if (this.#current === connection) this.#current = undefined
    if (this.#current === undefined) presence.leave(Date.now())
  }

  /** The hostname was taken back. */
  endAll(): void {
    for (const socket of this.#connections.keys()) {
      this.#end(socket, 'revoked', CLOSE.POLICY, 'this hostname was taken back')
    }
  }

  /** A subscriber has left its group by itself. */
  leave({ generation, ...membership }: MemberOf): void {
    for (const connection of this.#connections.values()) {
      if (connection.generation === generation) connection.streams.leave(membership)
    }
  }

  /** Ends what is open with tokens that were revoked. @param now milliseconds since 1970 */
  revoke(disowned: (tokenId: string) => boolean, now: number): void {
    for (const { streams } of this.#connections.values()) streams.exchanges.revoke(disowned, now)
  }

  /** Ends what is overdue. @param now milliseconds since 1970 */
  endOverdue(now: number): void {
    for (const [socket, connection] of this.#connections) {
      connection.streams.exchanges.endOverdue(now)
      this.#dropSilent(socket, connection, now)
      if (connection !== this.#current) this.#endFinished(socket, connection, now)
    }
  }

  /** Puts away what a sleep must not lose. Returns whether anything becomes due, or cannot be put away yet. */
  settle(): boolean {
    let busy = false
    for (const connection of this.#connections.values()) {
      const newest = connection === this.#current
      // With the newest one's goes what was counted.
      if (connection.unsaved && connection.saveForSleep() && newest) this.#parts.counts.saved()
      busy ||= connection.unsaved || connection.streams.exchanges.anyDue || !newest
    }
    return busy
  }

  #adopt(socket: WebSocket): void {
    const { subscribers, counts, onPolicy } = this.#parts
    const connection: TunnelConnection = new TunnelConnection({
      socket,
      attachment: attachmentOf(socket),
      subscribers,
      counts,
      onHello: (hello) => this.#endUnlisted(connection, hello),
      onPolicy: (policy) => onPolicy(connection, policy),
    })
    this.#connections.set(socket, connection)
    const newest = this.#current?.generation ?? 0
    if (connection.generation > newest) this.#current = connection
  }

  /** Home has no more connections either. Once the newest is adopted: what was under way goes to it. */
  #endOldest(): void {
    const newestFirst = [...this.#connections].toSorted(
      ([, one], [, other]) => other.generation - one.generation,
    )
    for (const [socket] of newestFirst.slice(LIMITS.homeConnections)) {
      this.#endReplaced(socket, 'outnumbered')
    }
  }

  /** Links that are dead at home must not keep their requests and subscribers waiting here. */
  #endUnlisted(greeting: TunnelConnection, hello: Hello): void {
    if (greeting.generation !== this.#parts.presence.generation) return
    for (const [socket, connection] of this.#connections) {
      if (connection === greeting || !connection.isDeadFor(hello)) continue
      this.#endReplaced(socket, 'unlisted')
    }
  }

  #endFinished(socket: WebSocket, connection: TunnelConnection, now: number): void {
    const silent = now - connection.heardAt > RETIRED_SILENCE_MS
    const old = now - connection.connectedAt > RETIRED_MAX_MS
    if (connection.streams.open > 0 && !silent && !old) return
    this.#endReplaced(socket, 'finished')
  }

  /** Its pings are answered without this object; the platform knows when the last one came. */
  #dropSilent(socket: WebSocket, connection: TunnelConnection, now: number): void {
    if (now - connection.heardAt <= LIMITS.silenceMs) return
    const pinged = this.#parts.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0
    connection.heardAt = Math.max(connection.heardAt, pinged)
    if (now - connection.heardAt <= LIMITS.silenceMs) return
    const reason = `nothing was heard for ${LIMITS.silenceMs / 1000} s`
    this.#end(socket, 'silent', CLOSE.GOING_AWAY, reason)
  }

  #endReplaced(socket: WebSocket, event: ConnectionEvent): void {
    this.#end(socket, event, CLOSE.REPLACED, 'replaced by a newer connection')
  }

  /** Told first: once dropped it would not hear why. */
  #end(socket: WebSocket, event: ConnectionEvent, code: number, reason: string): void {
    this.#connections.get(socket)?.end(event, code, reason)
    this.drop(socket)
  }
}
