import { hash } from 'node:crypto'
import { canonicalJson } from '../../../protocol/json/canonical-json.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import type { Principal } from '../../access/principal.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { RecordDraft } from '../../store/draft.ts'
import type { Once } from '../../store/idempotency.ts'

/** Visible ASCII, at most 255 characters; the quotes of a structured-field string may be left out. */
const FORM = /^"?([!#-~]{1,255})"?$/
const BOUNDS = { depth: LIMITS.canonicalDepth, bytes: LIMITS.canonicalBytes }

/**
 * The field `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), with its sender and request.
 * Throws `ProblemError` `INVALID_HEADERS`.
 */
export function readOnce(
  field: string | null,
  principal: Principal,
  draft: RecordDraft,
): Once | undefined {
  if (field === null) return undefined
  const key = FORM.exec(field)?.[1]
  if (key === undefined) {
    throw new ProblemError('INVALID_HEADERS', 'Idempotency-Key does not hold one key', {
      try: 'Send 1 to 255 visible ASCII characters, such as a UUID.',
    })
  }
  const { clock, ...asked } = draft
  const text = canonicalJson({ ...asked, clock: clock ?? null }, BOUNDS)
  const holder = principal.kind === 'account' ? principal.account : principal.kind
  return { holder, key, fingerprint: hash('sha256', text, 'buffer') }
}
