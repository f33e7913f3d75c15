import { AUDIT_THREADS } from '../store/daemon-threads.ts'
import type { RecordDraft } from '../store/draft.ts'
import type { AccountPrincipal } from './principal.ts'

/** The thread that records when an admin acted as somebody else. Only the daemon writes there. */
const IMPERSONATION_THREAD = `${AUDIT_THREADS}impersonation`

export interface Impersonation {
  readonly principal: AccountPrincipal
  /** The actor that it acted as. */
  readonly actor: string
  /** The record that it wrote. */
  readonly recordId: string
  readonly requestId: string | undefined
}

/** The audit record for an admin who acted as an actor that its account does not list. */
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
