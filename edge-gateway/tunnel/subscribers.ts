import type { Membership } from '../../protocol/multiplexer/multiplexer.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type Holder, Shares } from '../../protocol/multiplexer/shares.ts'
import { BRIDGE, WAIT_HEADER } from '../internal/bridge.ts'
import { finalEvent } from '../door/final-event.ts'
import { TOKEN_REFUSALS } from './decide-access.ts'
import type { EventExchange } from './event-exchange.ts'
import { sendQuietly } from './send-quietly.ts'

/** A member of a group of one connection. */
export interface MemberOf extends Membership {
  readonly generation: number
}

/** What a bridge keeps across the object's sleep. */
interface BridgeAttachment {
  /** Whose place it has. */
  readonly holder: string
}

/** What a member's bridge keeps besides. */
interface MemberAttachment extends MemberOf, BridgeAttachment {
  readonly tokenId: string | undefined
}

/** Those who are sent the same; who is one of them is known by a number. */
interface MemberGroup {
  readonly generation: number
  readonly members: Map<number, WebSocket>
}

const SUBSCRIBER = 'subscriber'
const WAITING = 'waiting'
/** Those who are told to resume spread over a millisecond for so many of them. */
const RESUMES_PER_MS = 2

/**
 * The bridges to the Workers that hold the clients of event streams: what home says to a group once goes to each
 * member. They outlive the object's sleep, and so does what is known of them: it is read again when needed.
 */
export class Subscribers {
  readonly #ctx: DurableObjectState
  readonly #left: (member: MemberOf) => void
  /** Those whose stream is still their own. */
  readonly #alone = new Map<WebSocket, EventExchange>()
  /** Members whose client has perhaps not taken all yet of what came before: credit for it is still owed. */
  readonly #joined = new Map<WebSocket, EventExchange>()
  #known: Map<string, MemberGroup> | undefined
  readonly #places = new Shares(LIMITS.subscribers)
  /** Who holds the place of each bridge, those that wait for home included. */
  readonly #holders = new Map<WebSocket, string>()

  /** @param left told that a member has left by itself */
  constructor(ctx: DurableObjectState, left: (member: MemberOf) => void) {
    this.#ctx = ctx
    this.#left = left
  }

  /** Clients of event streams; those who wait for home not counted. */
  get size(): number {
    let count = this.#alone.size
    for (const { members } of this.#groups.values()) count += members.size
    return count
  }

  /** Groups that have members. */
  get groups(): number {
    return this.#groups.size
  }

  /** Whether this holder has no place left. */
  full(holder: Holder): boolean {
    this.#recall()
    return this.#places.room(holder) === 0
  }

  /** @param holder whose place it takes */
  accept(bridge: WebSocket, exchange: EventExchange, holder: string): void {
    this.#ctx.acceptWebSocket(bridge, [SUBSCRIBER])
    const attachment: BridgeAttachment = { holder }
    bridge.serializeAttachment(attachment)
    this.#alone.set(bridge, exchange)
    this.#hold(bridge, holder)
  }

  /** False: it has left in the meantime. */
  join(bridge: WebSocket, member: MemberOf, tokenId: string | undefined): boolean {
    const exchange = this.#alone.get(bridge)
    if (exchange === undefined) return false
    const holder = this.#holders.get(bridge) ?? ''
    const attachment: MemberAttachment = { ...member, tokenId, holder }
    bridge.serializeAttachment(attachment)
    enter(this.#groups, member, bridge)
    this.#alone.delete(bridge)
    this.#joined.set(bridge, exchange)
    return true
  }

  /** What the Worker says. */
  receive(bridge: WebSocket, message: string | ArrayBuffer): void {
    const exchange = this.#alone.get(bridge) ?? this.#joined.get(bridge)
    exchange?.taken(Number(message))
  }

  /** Events for all members of a group. */
  forward(generation: number, group: number, events: Uint8Array): void {
    const members = this.#groups.get(keyOf({ generation, group }))?.members
    for (const bridge of members?.values() ?? []) sendQuietly(bridge, events)
  }

  /** A group of home's is over: its members resume. */
  dissolve(generation: number, group: number): void {
    this.#dissolve(keyOf({ generation, group }))
  }

  /** A connection is gone: the members of all its groups resume. */
  lost(generation: number): void {
    for (const [key, group] of this.#groups) {
      if (group.generation === generation) this.#dissolve(key)
    }
  }

  /** Home has a last word for one member, and no more. */
  expel(member: MemberOf, farewell: Uint8Array): void {
    const bridge = this.#take(member)
    if (bridge === undefined) return
    if (farewell.length > 0) sendQuietly(bridge, farewell)
    this.#close(bridge, farewell.length > 0 ? BRIDGE.ENDED : BRIDGE.RESUME)
  }

  /** Members whose token is worth nothing any more leave, if home has not sent them away itself. */
  disown(disowned: (tokenId: string) => boolean): void {
    for (const bridge of this.#ctx.getWebSockets(SUBSCRIBER)) {
      const attachment = membershipOf(bridge)
      if (attachment?.tokenId === undefined || !disowned(attachment.tokenId)) continue
      if (this.#take(attachment) === undefined) continue
      sendQuietly(bridge, new TextEncoder().encode(finalEvent(TOKEN_REFUSALS.revoked)))
      this.#close(bridge, BRIDGE.ENDED)
      this.#left(attachment)
    }
  }

  /** Ends a stream that is in no group. */
  dismiss(bridge: WebSocket, code: number): void {
    if (this.#alone.has(bridge)) this.#close(bridge, code)
  }

  /** The Worker's end is closed, or lost. False: it was none of ours. */
  gone(bridge: WebSocket): boolean {
    // First: what is read again after a sleep may have this one in it still.
    this.#recall()
    const exchange = this.#alone.get(bridge)
    const attachment = membershipOf(bridge)
    if (attachment !== undefined) {
      if (this.#take(attachment) !== undefined) this.#left(attachment)
    } else exchange?.left()
    this.#forget(bridge)
    return exchange !== undefined || attachment !== undefined
  }

  /** Nobody has the Worker's end, so nobody will close it. */
  abandon(bridge: WebSocket): void {
    this.gone(bridge)
    this.#close(bridge, BRIDGE.ENDED)
  }

  /**
   * Holds one whose stream is to go on, or to begin, once home is back. Ask `full` first.
   * @param holder whose place it takes
   * @param againMs after which it asks again all the same; 0: never
   */
  wait(holder: string, againMs = 0, headers: Readonly<Record<string, string>> = {}): Response {
    const { 0: worker, 1: bridge } = new WebSocketPair()
    this.#ctx.acceptWebSocket(bridge, [WAITING])
    const attachment: BridgeAttachment = { holder }
    bridge.serializeAttachment(attachment)
    this.#hold(bridge, holder)
    return new Response(null, {
      status: 101,
      webSocket: worker,
      headers: { ...headers, [WAIT_HEADER]: String(againMs) },
    })
  }

  /** Home is back. */
  wake(): void {
    const waiting = this.#ctx.getWebSockets(WAITING)
    for (const bridge of waiting) this.#close(bridge, BRIDGE.RESUME, waiting.length)
  }

  /** Read again after a sleep. A bridge without a group lost its stream with the object that had it. */
  get #groups(): Map<string, MemberGroup> {
    return this.#known ?? this.#recall()
  }

  #recall(): Map<string, MemberGroup> {
    if (this.#known !== undefined) return this.#known
    const groups = new Map<string, MemberGroup>()
    this.#known = groups
    for (const bridge of this.#ctx.getWebSockets(WAITING)) this.#hold(bridge, holderOf(bridge))
    for (const bridge of this.#ctx.getWebSockets(SUBSCRIBER)) {
      this.#hold(bridge, holderOf(bridge))
      const attachment = membershipOf(bridge)
      if (attachment === undefined) {
        if (!this.#alone.has(bridge)) this.#close(bridge, BRIDGE.RESUME)
        continue
      }
      enter(groups, attachment, bridge)
    }
    return groups
  }

  #hold(bridge: WebSocket, holder: string): void {
    if (this.#holders.has(bridge)) return
    this.#holders.set(bridge, holder)
    this.#places.take(holder)
  }

  #release(bridge: WebSocket): void {
    const holder = this.#holders.get(bridge)
    if (holder === undefined) return
    this.#holders.delete(bridge)
    this.#places.give(holder)
  }

  #dissolve(key: string): void {
    const members = this.#groups.get(key)?.members
    if (members === undefined) return
    this.#groups.delete(key)
    for (const bridge of members.values()) this.#close(bridge, BRIDGE.RESUME, members.size)
  }

  #take(member: MemberOf): WebSocket | undefined {
    const key = keyOf(member)
    const members = this.#groups.get(key)?.members
    const bridge = members?.get(member.member)
    if (members === undefined || bridge === undefined) return undefined
    members.delete(member.member)
    if (members.size === 0) this.#groups.delete(key)
    return bridge
  }

  /** Nobody tells any more what its client takes. */
  #forget(bridge: WebSocket): void {
    const exchange = this.#alone.get(bridge) ?? this.#joined.get(bridge)
    this.#alone.delete(bridge)
    this.#joined.delete(bridge)
    this.#release(bridge)
    exchange?.untold()
  }

  /** @param together how many are closed for the same reason */
  #close(bridge: WebSocket, code: number, together = 1): void {
    this.#forget(bridge)
    try {
      bridge.close(code, String(Math.floor(together / RESUMES_PER_MS)))
    } catch {
      // The Worker was faster.
    }
  }
}

function enter(groups: Map<string, MemberGroup>, member: MemberOf, bridge: WebSocket): void {
  const key = keyOf(member)
  const { generation } = member
  const group: MemberGroup = groups.get(key) ?? { generation, members: new Map() }
  group.members.set(member.member, bridge)
  groups.set(key, group)
}

/** Undefined: it is in no group. */
function membershipOf(bridge: WebSocket): MemberAttachment | undefined {
  const kept = bridge.deserializeAttachment() as BridgeAttachment | MemberAttachment | null
  return kept !== null && 'group' in kept ? kept : undefined
}

function holderOf(bridge: WebSocket): string {
  return (bridge.deserializeAttachment() as BridgeAttachment | null)?.holder ?? ''
}

function keyOf({ generation, group }: Omit<MemberOf, 'member'>): string {
  return `${generation}/${group}`
}
