import type { Scope } from '../../../protocol/identity/scopes.ts'
import { isPlainObject } from '../../../protocol/json/json-value.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { parseRecord, RecordError } from '../../../protocol/records/record.ts'
import { impersonationDraft } from '../../access/audit-record.ts'
import { claimRules, requireScope } from '../../access/authorise.ts'
import { guardExposedChange } from '../../access/exposed-requirement.ts'
import { guardRequirement } from '../../access/lockout.ts'
import type { Principal } from '../../access/principal.ts'
import { reachCheck } from '../../access/reach/reach-check.ts'
import { type RecordActor, recordActor } from '../../access/record-actor.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { readSetting } from '../../settings/setting-records.ts'
import {
  CONFIG_THREAD,
  CONSENT_THREAD,
  isWrittenByDaemon,
  PAIRS_THREAD,
} from '../../store/daemon-threads.ts'
import type { RecordDraft } from '../../store/draft.ts'
import type { DraftWanted } from '../../store/ingest/entry.ts'
import type { AppendOptions } from '../../store/transactor.ts'
import type { RouteParts } from '../routes/route-parts.ts'

/** Who wants to append. */
export interface Sender {
  readonly principal: Principal
  /** The header X-Syncropel-Actor, which was checked before. */
  readonly claimed: string | null
  readonly requestId: string | undefined
}

/** Threads that control others' rights, and the scope that writing to them needs besides `records:write`. */
const WRITTEN_BY: Readonly<Record<string, Scope>> = {
  [CONFIG_THREAD]: 'config:write',
  [PAIRS_THREAD]: 'federation:manage',
  [CONSENT_THREAD]: 'federation:manage',
}
/** A stand-in while the fields are checked; the rights decide the real one. */
const NOBODY = 'did:sync:nobody'

/** What a sender may append as a record of this home's own. */
export function createDraftRights({
  settings,
  listener,
  did,
}: Pick<RouteParts, 'settings' | 'listener' | 'did'>) {
  /** Returns a check for the transaction that writes it, if one is needed. */
  function checkThread(
    principal: Principal,
    { thread, act, body }: RecordDraft,
  ): AppendOptions['guard'] {
    if (isWrittenByDaemon(thread)) {
      throw new ProblemError('THREAD_RESERVED', `${thread} is written by the daemon alone`, {
        field: 'thread',
        try: 'Use another thread.',
      })
    }
    const scope = WRITTEN_BY[thread]
    if (scope !== undefined) requireScope(principal, [scope])
    if (thread !== CONFIG_THREAD) return undefined
    const stated = act === 'LEARN' ? readSetting(body) : undefined
    if (stated !== undefined) guardExposedChange(listener, stated.key, stated.value)
    const requires = stated?.key === 'auth_required' && stated.value === true
    return requires ? (tx) => guardRequirement(tx, settings.values) : undefined
  }

  /** An admin who acts as somebody else leaves an audit record. */
  function noteOf(
    { principal, requestId }: Sender,
    { verdict, actor }: RecordActor,
  ): DraftWanted['also'] {
    if (verdict !== 'impersonated' || principal.kind !== 'account') return undefined
    return (tx, { record, created }) => {
      if (!created) return
      tx.append(impersonationDraft(did, { principal, actor, recordId: record.id, requestId }))
    }
  }

  /**
   * Reads a record whose clock and actor may be left out. Throws `RecordError`, or `ProblemError`: `REACH_FORBIDDEN`,
   * `THREAD_RESERVED`, `SCOPE_FORBIDDEN`, `DID_CLAIM_DENIED`, `INVALID_SETTING`.
   */
  return function wantedOf(sender: Sender, input: unknown): DraftWanted {
    const { draft, names } = readDraft(input)
    const admit = reachCheck(sender.principal, draft)
    const guard = checkThread(sender.principal, draft)
    const named = names ? draft.actor : undefined
    const claim = recordActor(sender.principal, sender.claimed, named, claimRules(settings))
    if (claim.actor === did)
      throw daemonOnly(
        'actor',
        'Name who acts, or leave actor out to write as the bearer’s account.',
      )
    const also = noteOf(sender, claim)
    return { kind: 'draft', draft: { ...draft, actor: claim.actor }, admit, guard, also }
  }
}

/** The refusal of a record in the daemon's own name. */
export function daemonOnly(field: string, next: string): ProblemError {
  return new ProblemError('DID_CLAIM_DENIED', 'Only the daemon itself speaks as its own DID', {
    field,
    try: next,
  })
}

function readDraft(input: unknown): { readonly draft: RecordDraft; readonly names: boolean } {
  if (!isPlainObject(input)) return { draft: parseRecord(input), names: true }
  const clockless = !Object.hasOwn(input, 'clock')
  const names = Object.hasOwn(input, 'actor')
  const record = parseRecord({
    ...(clockless && { clock: 0 }),
    ...(!names && { actor: NOBODY }),
    ...input,
  })
  // Another home takes no higher one.
  if (record.clock > LIMITS.recordClock)
    throw new RecordError('clock', `must be an integer from 0 to ${LIMITS.recordClock}`)
  return { draft: clockless ? { ...record, clock: undefined } : record, names }
}
