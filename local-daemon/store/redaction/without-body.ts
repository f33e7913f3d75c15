import { hash } from 'node:crypto'
import { isNamespaceName } from '../../../protocol/identity/namespace-name.ts'
import { canonicalJson } from '../../../protocol/json/canonical-json.ts'
import { recordPreimage } from '../../../protocol/records/record-id.ts'
import type { SplRecord } from '../../../protocol/records/record-form.ts'

/** A record's canonical text without its body. */
export interface WithoutBody {
  /** The canonical text with an empty body, or one that names the namespace alone: it decides who may read the thread. */
  readonly left: string
  /** SHA-256 of the canonical body, 64 hex digits: with the body anybody can tell that it is the one. */
  readonly bodySha256: string
}

/** Takes the body out of a record's canonical text. @param raw as it was hashed */
export function withoutBody(raw: string): WithoutBody {
  const record = JSON.parse(raw) as SplRecord
  const namespace = Object.hasOwn(record.body, 'namespace') ? record.body['namespace'] : undefined
  const body = isNamespaceName(namespace) ? { namespace } : {}
  return {
    left: recordPreimage({ ...record, body }),
    bodySha256: hash('sha256', canonicalJson(record.body), 'hex'),
  }
}
