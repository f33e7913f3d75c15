import type { Scope } from '../../../protocol/identity/scopes.ts'
import { parseRecord } from '../../../protocol/records/record.ts'
import { isPlainObject } from '../../../protocol/json/json-value.ts'
import { impersonationDraft } from '../../access/audit-record.ts'
import { ACTOR_HEADER, claimRules, requireScope } from '../../access/authorise.ts'
import { guardExposedChange } from '../../access/exposed-requirement.ts'
import { guardRequirement } from '../../access/lockout.ts'
import { type RecordActor, recordActor } from '../../access/record-actor.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { readSetting } from '../../settings/setting-records.ts'
import {
  ACCOUNTS_THREAD,
  AUDIT_THREADS,
  CONFIG_THREAD,
  CONSENT_THREAD,
  NAMESPACES_THREAD,
  PAIRS_THREAD,
} from '../../store/daemon-threads.ts'
import type { RecordDraft } from '../../store/draft.ts'
import type { AppendOptions } from '../../store/open-store.ts'
import type { AppendResult } from '../../store/transactor.ts'
import { flatJson } from '../../store/stored-record.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import { readOnce } from '../input/idempotency-key.ts'
import { readJson } from '../input/read-json.ts'
import { recordAnswer } from '../answers/record-answer.ts'
import type { RouteContext } from '../router.ts'
import { AppendHeaders, FlatRecord, NewRecord } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** Threads that only the daemon writes to, besides those of the audit. */
const DAEMON_ONLY: ReadonlySet<string> = new Set([ACCOUNTS_THREAD, NAMESPACES_THREAD])
/** Threads that control others' rights, and the scope that writing to them needs besides `records:write`. */
const WRITTEN_BY: Readonly<Record<string, Scope>> = {
  [CONFIG_THREAD]: 'config:write',
  [PAIRS_THREAD]: 'federation:manage',
  [CONSENT_THREAD]: 'federation:manage',
}
const LOCATION = {
  Location: { description: 'Its path', schema: { type: 'string' as const } },
}
/** A stand-in while the fields are checked; the caller decides the real one. */
const NOBODY = 'did:sync:nobody'

/**
 * `POST /v1/records`: 201 for a new record, once it is durable; 200 if the same one is there
 * already, so a request that names its clock, or has an `Idempotency-Key`, can be repeated safely.
 */
export function addPostRecord(parts: RouteParts): void {
  const { router, authorise, store, settings, did, listener } = parts
  router.on(
    {
      method: 'post',
      path: '/v1/records',
      operationId: 'appendRecord',
      refuses: [
        'INVALID_RECORD',
        'INVALID_SETTING',
        'THREAD_RESERVED',
        'CLOCK_CONFLICT',
        'LOCKOUT',
        'IDEMPOTENCY_KEY_REUSED',
        'STORE_CEILING_REACHED',
      ],
      summary: 'Append one record',
      request: { ...jsonBody(NewRecord), headers: AppendHeaders },
      responses: {
        201: { ...answers(FlatRecord, 'Appended and durable'), headers: LOCATION },
        200: { ...answers(FlatRecord, 'It was there already'), headers: LOCATION },
      },
    },
    async (c) => {
      const body = await readJson(c.req.raw, c.env)
      authorise.still(c.get('principal'))
      const { draft, names } = readDraft(body)
      const guard = checkThread(c, draft)
      const claim = actorOf(c, names ? draft.actor : undefined)
      if (claim.actor === did) throw daemonOnly()
      const { record, created } = await append(c, { ...draft, actor: claim.actor }, claim, guard)
      const location = { location: `/v1/records/${record.id}` }
      const status = created ? 201 : 200
      const json = flatJson(record)
      if (json.length > HTTP_LIMITS.pieceBytes) {
        return recordAnswer(c, parts, record.id, { status, headers: location })
      }
      return jsonAnswer(c.env, status, json, location)
    },
  )

  function actorOf(c: RouteContext, named: string | undefined): RecordActor {
    const header = c.req.raw.headers.get(ACTOR_HEADER)
    return recordActor(c.get('principal'), header, named, claimRules(settings))
  }

  function append(
    c: RouteContext,
    draft: RecordDraft,
    claim: RecordActor,
    guard: AppendOptions['guard'],
  ): Promise<AppendResult> {
    const principal = c.get('principal')
    const once = readOnce(c.req.raw.headers.get('idempotency-key'), principal, draft)
    if (claim.verdict !== 'impersonated' || principal.kind !== 'account') {
      return store.append(draft, { once, guard })
    }
    const { actor } = claim
    const requestId = c.env.requestId
    return store.append(draft, {
      once,
      guard,
      also(tx, { record, created }) {
        if (!created) return
        tx.append(impersonationDraft(did, { principal, actor, recordId: record.id, requestId }))
      },
    })
  }

  /** Returns a check for the transaction that writes it, if one is needed. */
  function checkThread(
    c: RouteContext,
    { thread, act, body }: RecordDraft,
  ): AppendOptions['guard'] {
    if (DAEMON_ONLY.has(thread) || thread.startsWith(AUDIT_THREADS)) {
      throw new ProblemError('THREAD_RESERVED', `${thread} is written by the daemon alone`, {
        field: 'thread',
        try: 'Use another thread.',
      })
    }
    const scope = WRITTEN_BY[thread]
    if (scope !== undefined) requireScope(c.get('principal'), [scope])
    if (thread !== CONFIG_THREAD) return undefined
    const stated = act === 'LEARN' ? readSetting(body) : undefined
    if (stated !== undefined) guardExposedChange(listener, stated.key, stated.value)
    const requires = stated?.key === 'auth_required' && stated.value === true
    return requires ? (tx) => guardRequirement(tx, settings.values) : undefined
  }
}

function daemonOnly(): ProblemError {
  return new ProblemError('DID_CLAIM_DENIED', 'Only the daemon itself speaks as its own DID', {
    field: 'actor',
    try: 'Name who acts, or leave actor out to write as the bearer’s account.',
  })
}

/** A record whose clock and actor may be left out. Throws `RecordError`. */
function readDraft(input: unknown): { readonly draft: RecordDraft; readonly names: boolean } {
  if (!isPlainObject(input)) return { draft: parseRecord(input), names: true }
  const clockless = !Object.hasOwn(input, 'clock')
  const names = Object.hasOwn(input, 'actor')
  const record = parseRecord({
    ...(clockless && { clock: 0 }),
    ...(!names && { actor: NOBODY }),
    ...input,
  })
  return { draft: clockless ? { ...record, clock: undefined } : record, names }
}
