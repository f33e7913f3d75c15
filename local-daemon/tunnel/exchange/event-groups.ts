import { LIMITS } from '../../../protocol/limits.ts'
import type { Membership } from '../../../protocol/multiplexer/multiplexer.ts'
import type { Subscription } from '../../http/streams/subscription.ts'

/** What groups may do to the connection. */
export interface GroupLink {
  /** Everything written to this stream has been sent. */
  settled(stream: number): boolean
  join(stream: number, membership: Membership): void
  /** Returns the bytes that wait in all groups together. */
  sendGroup(group: number, events: Uint8Array): number
  endGroup(group: number): void
  leave(membership: Membership, farewell: Uint8Array): void
}

interface Group {
  readonly id: number
  readonly view: string
  readonly members: Map<number, Subscription>
  readonly unfollow: () => void
}

/**
 * The readers of one connection that have caught up, by what they look at: each event is sent once for all of a
 * group, and the gateway multiplies it. Who may read was decided one by one, and goes on being watched so.
 */
export class EventGroups {
  readonly #link: GroupLink
  readonly #byView = new Map<string, Group>()
  readonly #byId = new Map<number, Group>()
  readonly #encoder = new TextEncoder()
  #lastGroup = 0
  #lastMember = 0
  #closed = false

  constructor(link: GroupLink) {
    this.#link = link
  }

  get members(): number {
    let count = 0
    for (const { members } of this.#byId.values()) count += members.size
    return count
  }

  get size(): number {
    return this.#byId.size
  }

  /** Lets a reader go on as a member. False: not now, it has not caught up, or there is no room. */
  join(stream: number, subscription: Subscription): boolean {
    if (this.#closed || !subscription.caughtUp || !this.#link.settled(stream)) return false
    const group = this.#byView.get(subscription.view) ?? this.#begin(subscription)
    if (group === undefined) return false
    this.#lastMember += 1
    const membership = { group: group.id, member: this.#lastMember }
    group.members.set(membership.member, subscription)
    // In this turn and in this order: what is committed next reaches the group after the new member has.
    subscription.handOver((farewell) => {
      this.#link.leave(membership, this.#encoder.encode(farewell))
      this.left(membership)
    })
    this.#link.join(stream, membership)
    return true
  }

  /** A member has left, or never arrived. */
  left({ group: id, member }: Membership): void {
    const group = this.#byId.get(id)
    const subscription = group?.members.get(member)
    if (group === undefined || subscription === undefined) return
    group.members.delete(member)
    subscription.close()
    if (group.members.size === 0) this.#forget(group)
  }

  /** The connection is gone; the members resume by themselves. */
  close(): void {
    this.#closed = true
    for (const group of this.#byId.values()) this.#forget(group)
  }

  #begin(subscription: Subscription): Group | undefined {
    if (this.#byId.size >= LIMITS.groups) return undefined
    this.#lastGroup += 1
    const id = this.#lastGroup
    const group: Group = {
      id,
      view: subscription.view,
      members: new Map(),
      unfollow: subscription.follow((events) => this.#send(group, events)),
    }
    this.#byView.set(group.view, group)
    this.#byId.set(id, group)
    return group
  }

  #send(group: Group, events: string): void {
    let waiting = Infinity
    try {
      waiting = this.#link.sendGroup(group.id, this.#encoder.encode(events))
    } finally {
      // The link is slower than the records come, or has failed at these: the members resume from the store, at the
      // link's pace.
      if (waiting > LIMITS.groupQueueBytes) {
        this.#forget(group)
        this.#link.endGroup(group.id)
      }
    }
  }

  #forget(group: Group): void {
    this.#byId.delete(group.id)
    this.#byView.delete(group.view)
    group.unfollow()
    for (const subscription of group.members.values()) subscription.close()
  }
}
