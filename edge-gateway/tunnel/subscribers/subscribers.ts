import type { Holder } from '../../../protocol/multiplexer/shares.ts'
import { BRIDGE } from '../../internal/bridge.ts'
import { finalEvent } from '../../door/final-event.ts'
import {
  attach,
  type BridgeAttachment,
  holderOf,
  type MemberAttachment,
  type MemberOf,
  membershipOf,
} from './bridge-attachment.ts'
import { BridgePlaces } from './bridge-places.ts'
import { closeBridge } from './close-bridge.ts'
import { GroupDelivery } from './group-delivery.ts'
import { TOKEN_REFUSALS } from '../policy/decide-access.ts'
import type { EventExchange } from '../exchange/event-exchange.ts'
import { MemberGroups } from './member-groups.ts'
import { sendQuietly } from '../send-quietly.ts'
import { WaitingBridges } from './waiting-bridges.ts'

const SUBSCRIBER = 'subscriber'

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
  #known: MemberGroups | undefined
  readonly #delivery = new GroupDelivery()
  readonly #places = new BridgePlaces()
  /** Those without a stream, until home is back. */
  readonly waiting: WaitingBridges

  /** @param left told that a member has left by itself */
  constructor(ctx: DurableObjectState, left: (member: MemberOf) => void) {
    this.#ctx = ctx
    this.#left = left
    this.waiting = new WaitingBridges(ctx, this.#places)
  }

  /** Clients of event streams; those who wait for home not counted. */
  get size(): number {
    return this.#alone.size + this.#groups.members
  }

  /** Groups that have members. */
  get groups(): number {
    return this.#groups.size
  }

  /** Whether this holder has no place left. */
  full(holder: Holder): boolean {
    this.#recall()
    return this.#places.full(holder)
  }

  /** @param holder whose place it takes */
  accept(bridge: WebSocket, exchange: EventExchange, holder: string): void {
    this.#ctx.acceptWebSocket(bridge, [SUBSCRIBER])
    const attachment: BridgeAttachment = { holder }
    attach(bridge, attachment)
    this.#alone.set(bridge, exchange)
    this.#places.take(bridge, holder)
  }

  /** False: it has left in the meantime. */
  join(bridge: WebSocket, member: MemberOf, tokenId: string | undefined): boolean {
    const exchange = this.#alone.get(bridge)
    if (exchange === undefined) return false
    const attachment: MemberAttachment = {
      ...member,
      tokenId,
      holder: this.#places.holderOf(bridge),
    }
    attach(bridge, attachment)
    this.#delivery.flush()
    this.#groups.enter(member, bridge)
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
    const members = this.#groups.of(generation, group)
    if (members !== undefined) this.#delivery.send(members, events)
  }

  /** A group of home's is over: its members resume. */
  dissolve(generation: number, group: number): void {
    this.#delivery.flush()
    this.#resume(this.#groups.dissolve(generation, group))
  }

  /** A connection is gone: the members of all its groups resume. */
  lost(generation: number): void {
    this.#delivery.flush()
    for (const members of this.#groups.lost(generation)) this.#resume(members)
  }

  /** Home has a last word for one member, and no more. */
  expel(member: MemberOf, farewell: Uint8Array): void {
    this.#delivery.flush()
    const bridge = this.#groups.take(member)
    if (bridge === undefined) return
    if (farewell.length > 0) sendQuietly(bridge, farewell)
    this.#close(bridge, farewell.length > 0 ? BRIDGE.ENDED : BRIDGE.RESUME)
  }

  /** Members with a revoked token leave, if home has not sent them away itself. */
  disown(disowned: (tokenId: string) => boolean): void {
    this.#delivery.flush()
    for (const bridge of this.#ctx.getWebSockets(SUBSCRIBER)) {
      const attachment = membershipOf(bridge)
      if (attachment?.tokenId === undefined || !disowned(attachment.tokenId)) continue
      if (this.#groups.take(attachment) === undefined) continue
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
      if (this.#groups.take(attachment) !== undefined) this.#left(attachment)
    } else exchange?.left()
    this.#forget(bridge)
    return exchange !== undefined || attachment !== undefined
  }

  /** Nobody has the Worker's end, so nobody will close it. */
  abandon(bridge: WebSocket): void {
    this.gone(bridge)
    this.#close(bridge, BRIDGE.ENDED)
  }

  /** Read again after a sleep. A bridge without a group lost its stream with the object that had it. */
  get #groups(): MemberGroups {
    return this.#known ?? this.#recall()
  }

  #recall(): MemberGroups {
    if (this.#known !== undefined) return this.#known
    const groups = new MemberGroups()
    this.#known = groups
    this.waiting.recall()
    for (const bridge of this.#ctx.getWebSockets(SUBSCRIBER)) {
      this.#places.take(bridge, holderOf(bridge))
      const attachment = membershipOf(bridge)
      if (attachment === undefined) {
        if (!this.#alone.has(bridge)) this.#close(bridge, BRIDGE.RESUME)
        continue
      }
      groups.enter(attachment, bridge)
    }
    return groups
  }

  /** Their clients ask again, spread over a time. */
  #resume(bridges: readonly WebSocket[]): void {
    for (const bridge of bridges) this.#close(bridge, BRIDGE.RESUME, bridges.length)
  }

  /** Nothing more is heard of what its client takes. */
  #forget(bridge: WebSocket): void {
    const exchange = this.#alone.get(bridge) ?? this.#joined.get(bridge)
    this.#alone.delete(bridge)
    this.#joined.delete(bridge)
    this.#places.give(bridge)
    exchange?.untold()
  }

  /** @param together how many are closed for the same reason */
  #close(bridge: WebSocket, code: number, together = 1): void {
    this.#forget(bridge)
    closeBridge(bridge, code, together)
  }
}
