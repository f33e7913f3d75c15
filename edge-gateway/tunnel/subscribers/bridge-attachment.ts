import type { Membership } from '../../../protocol/multiplexer/multiplexer.ts'

/** A member of a group of one connection. */
export interface MemberOf extends Membership {
  readonly generation: number
}

/** What a bridge keeps across the object's sleep. */
export interface BridgeAttachment {
  /** Whose place it has. */
  readonly holder: string
}

/** What a member's bridge keeps besides. */
export interface MemberAttachment extends MemberOf, BridgeAttachment {
  readonly tokenId: string | undefined
}

export function attach(bridge: WebSocket, attachment: BridgeAttachment | MemberAttachment): void {
  bridge.serializeAttachment(attachment)
}

/** Undefined: it is in no group. */
export function membershipOf(bridge: WebSocket): MemberAttachment | undefined {
  const kept = bridge.deserializeAttachment() as BridgeAttachment | MemberAttachment | null
  return kept !== null && 'group' in kept ? kept : undefined
}

export function holderOf(bridge: WebSocket): string {
  return (bridge.deserializeAttachment() as BridgeAttachment | null)?.holder ?? ''
}
