import { hash } from 'node:crypto'
import { isPlainObject } from '../../../protocol/json/json-value.ts'
import {
  type ClaimedRecord,
  readClaim,
  type Unproven,
} from '../../../protocol/records/record-signature.ts'
import { statedNamespace } from '../../../protocol/records/stated-namespace.ts'
import { type ClaimRules, decideClaim } from '../../access/actor-claim.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { reachCheck } from '../../access/reach/reach-check.ts'
import { requireScope } from '../../access/authorise.ts'
import type { Principal } from '../../access/principal.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { ACCOUNTS_THREAD, AUDIT_THREADS, isDaemonThread } from '../../store/daemon-threads.ts'
import type { Wanted } from '../../store/ingest/entry.ts'
import { daemonOnly, type Sender } from '../input/draft-rights.ts'

const MEMBERS = ['id', 'record', 'origin', 'sig', 'namespace'] as const
/** What only ever takes a right away. */
const NARROWING: ReadonlySet<unknown> = new Set([
  'service_account_revoked',
  'token_revoked',
  'invite_revoked',
  'invite_redeemed',
])

/** Whether a line is meant as a record with its proof: no draft has a member of this name. */
export function isSigned(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlainObject(value) && Object.hasOwn(value, 'record')
}

/**
 * What a line with a signed record asks for, all checked but the signature: it needs `federation:manage`, because its actor
 * is the word of its origin, and nobody here has checked it. Throws `ProblemError`: `SCOPE_FORBIDDEN`, `INVALID_RECORD`,
 * `RECORD_REDACTED`, `THREAD_RESERVED`, `DID_CLAIM_DENIED`.
 * @param did this instance's
 */
export function signedOf(
  { principal }: Sender,
  value: Readonly<Record<string, unknown>>,
  did: string,
  rules: ClaimRules,
): Wanted {
  requireScope(principal, ['federation:manage'])
  // Its body was taken out where it comes from, so nobody can check it.
  if (Object.hasOwn(value, 'redacted')) throw redactedElsewhere()
  for (const name of Object.keys(value)) {
    if (MEMBERS.some((known) => known === name)) continue
    throw invalid(name, `is no part of a signed record; they are ${MEMBERS.join(', ')}`)
  }
  const { id, record, origin, sig } = value
  const claimed: ClaimedRecord = { id, record, origin, sig }
  const claim = readClaim(claimed, (preimage) => hash('sha256', preimage, 'hex'))
  if (claim.kind === 'fault') {
    const { reason, field, message } = claim
    if (reason !== 'FORM') throw invalid(field, message)
    throw invalid(field === '$' ? 'record' : `record.${field}`, message)
  }
  const namespace = statedNamespace(value['namespace'], claim.record)
  if (typeof namespace === 'object') throw invalid(namespace.field, namespace.message)
  const admit = reachCheck(principal, claim.record, namespace)
  if (!mayComeBack(claim, did)) throw reserved(claim.record.thread)
  if (claim.origin !== did) {
    refuseForeign(claim, did)
    refuseImpersonation(principal, claim, rules)
  }
  return { kind: 'signed', claim, namespace, admit }
}

/**
 * Who holds `federation:manage` may bring what others have said: that is what it is for. An admin holds it with everything else,
 * and where admins speak for nobody but themselves, a key made for the purpose must not be the way around: there the scope has to be
 * named.
 */
function refuseImpersonation(principal: Principal, { record }: Unproven, rules: ClaimRules): void {
  if (principal.kind !== 'account' || principal.scopes.includes('federation:manage')) return
  if (decideClaim(principal, record.actor, 'record', rules) !== 'denied') return
  throw new ProblemError(
    'DID_CLAIM_DENIED',
    `This bearer token may not bring records of ${record.actor}`,
    {
      field: 'record.actor',
      try: 'strict_impersonation_enforcement is on: use a token that has federation:manage besides admin, or import at home.',
    },
  )
}

/** What another origin may not say, though it has signed it. */
function refuseForeign({ record }: Unproven, did: string): void {
  if (record.actor === did) throw daemonOnly('record.actor', 'Leave the line out.')
  // Behind the last clock there is, its actor could write nothing more on the thread here.
  if (record.clock > LIMITS.recordClock) {
    throw invalid('record.clock', `of another origin must be at most ${LIMITS.recordClock}`)
  }
}

/**
 * Whether a record may enter the thread that it names. Those of the daemon itself say who may do what: of another origin
 * none does. Of this home's own, the notes of its audit come back, and what takes a right away. A record that once
 * gave a right does not: it may have been taken away since.
 */
function mayComeBack({ record, origin }: Unproven, did: string): boolean {
  const { thread, act, actor, body } = record
  if (!isDaemonThread(thread)) return true
  if (origin !== did || actor !== did) return false
  if (thread.startsWith(AUDIT_THREADS)) return true
  return thread === ACCOUNTS_THREAD && act === 'LEARN' && NARROWING.has(body['topic'])
}

function redactedElsewhere(): ProblemError {
  return new ProblemError('RECORD_REDACTED', 'The record was redacted where it comes from', {
    field: 'redacted',
    try: 'Leave the line out: without its body neither its id nor its signature can be checked.',
  })
}

function reserved(thread: string): ProblemError {
  return new ProblemError(
    'THREAD_RESERVED',
    `${thread} is a daemon’s own thread, and its records are not taken from elsewhere`,
    {
      field: 'record.thread',
      try: 'Leave these lines out. Settings and accounts come back with a backup.',
    },
  )
}

function invalid(field: string, message: string): ProblemError {
  return new ProblemError('INVALID_RECORD', `${field} ${message}`, {
    field,
    try: 'Send signed records as an export has them.',
  })
}
