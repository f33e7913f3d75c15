import type { MemberOf } from './bridge-attachment.ts'

/** Bridges that get the same events; each is known by a number. */
interface MemberGroup {
  readonly generation: number
  readonly members: Map<number, WebSocket>
}

/** The groups of all connections, with the bridges that are in them. */
export class MemberGroups {
  readonly #groups = new Map<string, MemberGroup>()

  /** Groups that have members. */
  get size(): number {
    return this.#groups.size
  }

  /** Members of all groups together. */
  get members(): number {
    let count = 0
    for (const { members } of this.#groups.values()) count += members.size
    return count
  }

  enter(member: MemberOf, bridge: WebSocket): void {
    const { generation } = member
    const key = keyOf(generation, member.group)
    const group: MemberGroup = this.#groups.get(key) ?? { generation, members: new Map() }
    group.members.set(member.member, bridge)
    this.#groups.set(key, group)
  }

  of(generation: number, group: number): ReadonlyMap<number, WebSocket> | undefined {
    return this.#groups.get(keyOf(generation, group))?.members
  }

  /** Takes one out. Undefined: it was not in. */
  take({ generation, group, member }: MemberOf): WebSocket | undefined {
    const key = keyOf(generation, group)
    const members = this.#groups.get(key)?.members
    const bridge = members?.get(member)
    if (members === undefined || bridge === undefined) return undefined
    members.delete(member)
    if (members.size === 0) this.#groups.delete(key)
    return bridge
  }

  /** Takes a whole group out: its bridges. */
  dissolve(generation: number, group: number): readonly WebSocket[] {
    return this.#dissolve(keyOf(generation, group))
  }

  /** Takes all groups of a connection out: the bridges of each. */
  lost(generation: number): readonly (readonly WebSocket[])[] {
    const own = [...this.#groups].filter(([, group]) => group.generation === generation)
    return own.map(([key]) => this.#dissolve(key))
  }

  #dissolve(key: string): readonly WebSocket[] {
    const members = this.#groups.get(key)?.members
    this.#groups.delete(key)
    return [...(members?.values() ?? [])]
  }
}

function keyOf(generation: number, group: number): string {
  return `${generation}/${group}`
}
