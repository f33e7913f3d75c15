import { ConnectionError } from '../tunnel/connection-error.ts'
import {
  GROUP_PREFIX_BYTES,
  MEMBERSHIP_BYTES,
  readGroup,
  readMembership,
} from '../tunnel/frame-payload.ts'
import { FLAG, type Frame } from '../tunnel/frame.ts'
import { LIMITS } from '../limits.ts'
import type { MuxCore } from './mux-core.ts'
import { RESET } from '../tunnel/reset-code.ts'

// The frames that are about groups and their members. A malformed one costs the connection: each throws ConnectionError.

/** Opener: a stream's client goes on as a member of a group. */
export function takeJoin(core: MuxCore, { stream: id, payload }: Frame): void {
  const membership = readMembership(payload)
  if (core.role === 'acceptor') throw new ConnectionError('read JOIN: only the daemon sends one')
  if (payload.length !== MEMBERSHIP_BYTES) throw new ConnectionError('read JOIN: too long')
  const stream = core.streams.alive(id)
  if (stream === undefined || !stream.opened) {
    // Abandoned meanwhile: home must not keep a member without a client.
    core.plan.groups.leave(membership, NOTHING)
    core.events.output()
    return
  }
  if (!stream.headReceived || stream.receiveEnded) {
    core.plan.groups.leave(membership, NOTHING)
    return core.streams.fault(stream, RESET.PROTOCOL_ERROR)
  }
  stream.receiveEnded = true
  stream.endReported = true
  core.tuner.forget(stream)
  core.events.joined?.(id, membership)
  core.streams.finish(stream)
}

/** Opener: events for every member of a group, or its end. */
export function takeGroup(core: MuxCore, { payload, flags }: Frame): void {
  const group = readGroup(payload)
  if (core.role === 'acceptor') throw new ConnectionError('read GROUP: only the daemon sends one')
  const events = payload.subarray(GROUP_PREFIX_BYTES)
  passOn(core, events, () => core.events.group?.(group, events))
  if ((flags & FLAG.END) !== 0) core.events.groupEnd?.(group)
}

/** A member leaves its group. */
export function takeLeave(core: MuxCore, payload: Uint8Array): void {
  const membership = readMembership(payload)
  const farewell = payload.subarray(MEMBERSHIP_BYTES)
  const most = core.role === 'acceptor' ? 0 : LIMITS.farewellBytes
  if (farewell.length > most) throw new ConnectionError('read LEAVE: too long')
  passOn(core, farewell, () => {})
  core.events.left?.(membership, farewell)
}

/** Events that need no reader's credit: a reader that is too slow is dropped. */
function passOn(core: MuxCore, events: Uint8Array, tell: () => void): void {
  if (events.length === 0) return
  if (events.length > LIMITS.dataBytes) {
    throw new ConnectionError('read GROUP: larger than a frame may be', RESET.TOO_LARGE)
  }
  const { intake, events: owner } = core
  intake.count(events.length)
  tell()
  if (intake.release(events.length)) owner.output()
}

const NOTHING = new Uint8Array(0)
