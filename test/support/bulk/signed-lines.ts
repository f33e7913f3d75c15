import { hash } from 'node:crypto'
import { DEFAULT_NAMESPACE, isNamespaceName } from '../../../protocol/identity/namespace-name.ts'
import { recordPreimage } from '../../../protocol/records/record-id.ts'
import type { RecordDraft } from '../../../local-daemon/store/draft.ts'
import { anOrigin } from '../daemon/a-store.ts'

export interface SignedLine {
  readonly id: string
  readonly record: object
  readonly origin: string
  readonly sig: string
  /** Where its thread is, as an export says it. */
  readonly namespace: string
}

/** Another home, which signs records of its own. */
export function foreignHome(origin = anOrigin()) {
  return {
    did: origin.did,
    /** @param namespace by default the one that the record names, else `default` */
    sign(draft: RecordDraft, namespace = namedIn(draft)): SignedLine {
      const record = { ...draft, clock: draft.clock ?? 0 }
      const preimage = recordPreimage(record)
      const { act, actor, body, clock, data_type, parents, thread, judged_by } = record
      return {
        id: hash('sha256', preimage, 'hex'),
        record: { act, actor, body, clock, data_type, parents, thread, judged_by },
        origin: origin.did,
        sig: Buffer.from(origin.sign(Buffer.from(preimage))).toString('base64url'),
        namespace,
      }
    },
  }
}

function namedIn({ body }: RecordDraft): string {
  const { namespace } = body
  return isNamespaceName(namespace) ? namespace : DEFAULT_NAMESPACE
}
