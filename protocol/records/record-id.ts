import { canonicalJson } from '../json/canonical-json.ts'
import { encodeHex } from '../encoding/hex.ts'
import type { SplRecord } from './record.ts'
import { sha256 } from '../encoding/sha256.ts'

/** What a record's id hashes and its signature signs: canonical JSON of all fields but `judged_by`. */
export function recordPreimage(record: SplRecord): string {
  const { act, actor, body, clock, data_type, parents, thread } = record
  return canonicalJson({ act, actor, body, clock, data_type, parents, thread })
}

/** Lower-case hex SHA-256 of the pre-image's UTF-8 bytes. */
export async function recordId(preimage: string): Promise<string> {
  return encodeHex(await sha256(new TextEncoder().encode(preimage)))
}
