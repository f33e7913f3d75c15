import type { Problem } from '../../../../protocol/http/problem.ts'
import { TUNNEL_PATH } from '../../../../protocol/tunnel/version.ts'
import { readBeginning } from '../../client/read-answer.ts'
import { CliError } from '../../cli-error.ts'
import { originClient } from '../../client/daemon-client.ts'
import { askInstance } from '../../client/ask-instance.ts'
import { sendRequest, type OriginTarget, type Target } from '../../client/send-request.ts'
import type { Health } from '../../client/presence.ts'

/** Bytes of an answer that are read: every one asked for here is a few hundred. */
const ANSWER_BYTES = 16_384

/** What answers behind a hostname. */
export type Behind =
  /** A gateway of spl, and this daemon behind it. */
  | { readonly what: 'daemon'; readonly instance_did: string; readonly version: string }
  /** A gateway of spl; why no daemon answers. */
  | { readonly what: 'gateway'; readonly reason: string }
  /** Something else: a daemon without a gateway, a parked page, another service. */
  | { readonly what: 'other'; readonly reason: string }

/**
 * Asks a hostname three things: the door where daemons connect, which only a gateway of spl has, the health of the
 * daemon behind it, and a proof of that daemon's identity.
 *
 * @throws Error when nothing answers in time
 */
export async function lookBehind(target: OriginTarget, withinMs: number): Promise<Behind> {
  const door = await ask(target, TUNNEL_PATH, withinMs)
  if (door.answer.code === 'GATEWAY_MISCONFIGURED') {
    return { what: 'gateway', reason: `GATEWAY_MISCONFIGURED: ${door.answer.message}` }
  }
  if (door.answer.code === 'HOSTNAME_UNKNOWN' && door.answer.hop === 'gateway') {
    return { what: 'gateway', reason: 'HOSTNAME_UNKNOWN' }
  }
  if (door.answer.code !== 'UPGRADE_REQUIRED' || door.answer.hop !== 'gateway') {
    return { what: 'other', reason: `no spl gateway answers there (status ${door.status})` }
  }
  const { status, answer } = await ask(target, '/health', withinMs)
  if (status !== 200 || typeof answer.instance_did !== 'string') {
    return { what: 'gateway', reason: answer.code ?? `status ${status}` }
  }
  const { instance_did, version = 'unknown' } = answer
  const limits = { ca: target.ca, lookup: target.lookup, withinMs, silenceMs: withinMs }
  const client = originClient(target.origin, undefined, '--url', limits)
  try {
    const { did } = await askInstance(client, target.origin)
    if (did === instance_did) return { what: 'daemon', instance_did, version }
    return { what: 'gateway', reason: `it claims to be ${instance_did}, but is ${did}` }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { what: 'gateway', reason: error.code }
  }
}

interface Asked {
  readonly status: number
  readonly answer: Partial<Problem & Health>
}

async function ask(target: Target, path: string, silenceMs: number): Promise<Asked> {
  const signal = AbortSignal.timeout(silenceMs)
  const response = await sendRequest(target, { method: 'GET', path, silenceMs, signal })
  const status = response.statusCode ?? 0
  try {
    return {
      status,
      answer: (JSON.parse(await readBeginning(response, ANSWER_BYTES)) ?? {}) as Asked['answer'],
    }
  } catch {
    return { status, answer: {} }
  }
}
