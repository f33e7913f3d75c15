import type { RecordDraft } from '../store/draft.ts'
import type { AccountPrincipal } from './principal.ts'

/** Where it stands that somebody acted as somebody else. The daemon alone writes there. */
const IMPERSONATION_THREAD = 'th_audit_impersonation'

export interface Impersonation {
  readonly principal: AccountPrincipal
  /** As whom. */
  readonly actor: string
  /** The record that was written so. */
  readonly recordId: string
  readonly requestId: string | undefined
}

/** The record of an admin's acting as an actor that its account does not list. */
export function impersonationDraft(daemon: string, of: Impersonation): RecordDraft {
  return {
    parents: [of.recordId],
    thread: IMPERSONATION_THREAD,
    actor: daemon,
    act: 'KNOW',
    body: {
      kind: 'core.impersonation.event.v1',
      service_account_id: of.principal.account,
      token_id: of.principal.tokenId,
      actor: of.actor,
      record_id: of.recordId,
      request_id: of.requestId ?? null,
    },
    data_type: 'SCALAR',
    judged_by: null,
  }
}
