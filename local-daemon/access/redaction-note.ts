import type { SplRecord } from '../../protocol/records/record-form.ts'
import { AUDIT_THREADS } from '../store/daemon-threads.ts'
import type { RedactionNote } from '../store/redaction/redact.ts'
import type { StoredRecord } from '../store/stored-record.ts'
import type { Principal } from './principal.ts'

/** The thread that records who redacted what, and why. Only the daemon writes there. */
const REDACTIONS_THREAD = `${AUDIT_THREADS}redactions`
const REDACTION_KIND = 'core.redaction.event.v1'

/** Who redacts, and why. */
export interface RedactionCause {
  readonly principal: Principal
  /** In the owner's words. It stays for ever. */
  readonly reason: string
  readonly requestId: string | undefined
}

/**
 * The record that tells of a redaction. It is signed by this daemon, and has the hash of the body: whoever has the body can show
 * that it is the one, and whoever lacks it has the daemon's word.
 */
export function redactionNote(daemon: string, cause: RedactionCause): RedactionNote {
  const { principal, reason, requestId } = cause
  const account = principal.kind === 'account' ? principal : undefined
  return (record, bodySha256) => ({
    parents: [record.id],
    thread: REDACTIONS_THREAD,
    actor: daemon,
    act: 'KNOW',
    body: {
      kind: REDACTION_KIND,
      record_id: record.id,
      thread: record.thread,
      body_sha256: bodySha256,
      reason,
      service_account_id: account?.account ?? null,
      token_id: account?.tokenId ?? null,
      request_id: requestId ?? null,
    },
    data_type: 'SCALAR',
    judged_by: null,
  })
}

/** What a record of this daemon tells of a redaction. */
export interface RedactionClaim {
  readonly recordId: string
  readonly bodySha256: string
}

/** The claim of a record; undefined for one that is not a note of this daemon. @param own its identities */
export function redactionClaim(
  record: StoredRecord | undefined,
  own: readonly string[],
): RedactionClaim | undefined {
  if (record?.thread !== REDACTIONS_THREAD || !own.includes(record.origin)) return undefined
  const { body } = JSON.parse(record.raw) as Pick<SplRecord, 'body'>
  if (body['kind'] !== REDACTION_KIND) return undefined
  return { recordId: String(body['record_id']), bodySha256: String(body['body_sha256']) }
}
