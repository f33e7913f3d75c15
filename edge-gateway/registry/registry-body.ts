import { isHostname, isHostnamePattern } from '../../protocol/http/hostname.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { parseStrictJson, RepeatedMemberError } from '../../protocol/json/strict-json.ts'
import type { Refusal } from '../door/refusal.ts'
import { invalidField, repeatedField } from './refusals.ts'

/** What the admin tells the registry about an invite. */
export interface InviteBody {
  readonly inviteId: string
  readonly hostname: string
  readonly expiresAt: number
}

/** The body of a request to join. */
export interface JoinBody {
  /** `spg_…` */
  readonly code: string
  readonly hostname: string | undefined
}

const INVITE_ID = /^[0-9a-f]{64}$/
/** How far another clock may be ahead of this one, seconds. */
const CLOCK_SECONDS = 60
const HOSTNAME = 'a hostname: lower case, in punycode, without port'

/** The body's text; undefined if it is too long. */
export async function readBody(request: Request): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  let bytes = 0
  if (request.body === null) return ''
  for await (const part of request.body as ReadableStream<Uint8Array>) {
    bytes += part.length
    if (bytes > LIMITS.registryBodyBytes) return undefined
    parts.push(part)
  }
  return new Blob(parts).text()
}

/** @param now Unix time, seconds */
export function readInviteBody(text: string, now: number): InviteBody | Refusal {
  const fields = fieldsOf(text)
  if (fields instanceof RepeatedMemberError) return repeatedField(fields.field)
  const { invite_id: inviteId, hostname, expires_at: expiresAt } = fields
  if (typeof inviteId !== 'string' || !INVITE_ID.test(inviteId)) {
    return invalidField('invite_id', 'the SHA-256 of the nonce, 64 digits of lower-case hex')
  }
  if (typeof hostname !== 'string' || !(isHostname(hostname) || isHostnamePattern(hostname))) {
    return invalidField('hostname', `${HOSTNAME}, or *. and one`)
  }
  const latest = now + LIMITS.gatewayInviteSeconds + CLOCK_SECONDS
  if (!Number.isInteger(expiresAt) || Number(expiresAt) <= now || Number(expiresAt) > latest) {
    const days = LIMITS.gatewayInviteSeconds / 86_400
    return invalidField('expires_at', `Unix time in seconds, ${days} days ahead at most`)
  }
  return { inviteId, hostname, expiresAt: Number(expiresAt) }
}

export function readJoinBody(text: string): JoinBody | Refusal {
  const fields = fieldsOf(text)
  if (fields instanceof RepeatedMemberError) return repeatedField(fields.field)
  const { code, hostname } = fields
  if (typeof code !== 'string') return invalidField('code', 'an invite, spg_…')
  if (hostname === undefined) return { code, hostname }
  if (typeof hostname === 'string' && isHostname(hostname)) return { code, hostname }
  return invalidField('hostname', HOSTNAME)
}

/** A value that is no JSON object has no fields, so it is refused for the first missing one. */
function fieldsOf(text: string): Readonly<Record<string, unknown>> | RepeatedMemberError {
  try {
    const value = parseStrictJson(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch (error) {
    return error instanceof RepeatedMemberError ? error : {}
  }
}
