import { ConnectionError } from '../tunnel/connection-error.ts'
import { decodeEdgePolicy } from '../tunnel/edge-policy.ts'
import { readGoAway, readPing, readPolicyAck } from '../tunnel/frame-payload.ts'
import { FLAG, FRAME, type Frame } from '../tunnel/frame.ts'
import { decodeHello } from '../tunnel/hello.ts'
import type { MuxCore } from './mux-core.ts'

// The frames that are about the connection as a whole. A malformed one costs the connection: each throws ConnectionError.

/** The first frame of either side. */
export function takeHello(core: MuxCore, payload: Uint8Array): void {
  if (core.greeted) throw new ConnectionError('read HELLO: there was one already')
  const hello = decodeHello(payload)
  if (hello === undefined) throw new ConnectionError('read HELLO: malformed or another version')
  core.greeted = true
  core.events.hello(hello)
}

/** Answers a PING, or takes the answer to one of ours. */
export function takePing(core: MuxCore, { payload, flags }: Frame, now: number): void {
  const id = readPing(payload)
  if ((flags & FLAG.ACK) !== 0) core.tuner.answered(id, now)
  else core.plan.control.push(FRAME.PING, FLAG.ACK, 0, payload.slice())
  core.events.output()
}

/** The peer opens no more streams and takes no more. */
export function takeGoAway(core: MuxCore, payload: Uint8Array): void {
  const { lastStream, code, reason } = readGoAway(payload)
  core.leaving = true
  // Heads travel after control frames: streams opened before the GO_AWAY may still arrive after it.
  core.acceptUpTo = Math.min(core.acceptUpTo, lastStream)
  core.events.goAway(lastStream, code, reason)
}

/** Opener: what the gateway may decide itself. */
export function takePolicy(core: MuxCore, payload: Uint8Array): void {
  const { role, events } = core
  if (role === 'acceptor') throw new ConnectionError('read POLICY: only the daemon sends one')
  const policy = decodeEdgePolicy(payload)
  if (policy === undefined) throw new ConnectionError('read POLICY: malformed or too large')
  events.policy?.(policy)
}

/** Acceptor: the gateway keeps a policy. */
export function takePolicyAck(core: MuxCore, payload: Uint8Array): void {
  const { role, policyVersion, events } = core
  const version = readPolicyAck(payload)
  if (role === 'opener') {
    throw new ConnectionError('read POLICY_ACK: only the gateway sends one')
  }
  // Of an older policy: obsolete, the next acknowledgement is on its way. Of any other: never sent.
  if (version === policyVersion) events.policyAck?.(version)
}

/** Acceptor: another process with this identity asked for the place. */
export function takeRival(core: MuxCore, payload: Uint8Array): void {
  const { role, events } = core
  if (role === 'opener') throw new ConnectionError('read RIVAL: only the gateway sends one')
  if (payload.length > 0) throw new ConnectionError('read RIVAL: it is not 0 bytes')
  events.rival?.()
}
