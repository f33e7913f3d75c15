import { encodeBase64Url } from '../../../protocol/encoding/base64url.ts'

/** What a device needs, in this order of keys: where to call, and a bearer or an invite to get one. */
export type PairPayload =
  | { readonly url: string; readonly token: string; readonly device: string }
  | { readonly url: string; readonly invite: string; readonly device: string }

/**
 * The link that a device opens: `<page>#<base64url of the JSON>`. The secret stands in the fragment only, which a
 * browser sends to nobody (RFC 9110, section 7.1).
 */
export function pairLink(page: string, payload: PairPayload): string {
  const json = new TextEncoder().encode(JSON.stringify(payload))
  return `${page}#${encodeBase64Url(json)}`
}
