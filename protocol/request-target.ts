import { LIMITS } from './limits.ts'

/** Why a request target is refused. The target itself is never repeated: it may hold anything. */
export interface TargetFault {
  readonly code: 'INVALID_TARGET'
  readonly message: string
}

/** Not of an RFC 3986 path or query, which hold unreserved, sub-delims, `:` `@` `/` `?` and percent-encodings. */
const FOREIGN = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/
const BROKEN_ENCODING = /%(?![0-9A-Fa-f]{2})/
/** A dot segment, also where an origin server decodes `%2e`, or `%2f` and `%5c` into separators. */
const DOT_SEGMENT = /(?:^|\/|%2f|%5c)(?:\.|%2e){1,2}(?:\/|%2f|%5c|$)/i

/**
 * Undefined if the target (path and query, as on the request line) is good to relay as it is, byte for
 * byte. Refused is whatever two parsers might read differently, or a URL parser would rewrite: so the
 * target that the gateway authorises is the target that the daemon routes.
 */
export function checkTarget(target: string): TargetFault | undefined {
  if (target.length > LIMITS.targetBytes) return fault(`is longer than ${LIMITS.targetBytes} bytes`)
  if (!target.startsWith('/') || target.startsWith('//'))
    return fault('must begin with exactly one /')
  const encoded = target.includes('%')
  if (FOREIGN.test(target) || (encoded && BROKEN_ENCODING.test(target)))
    return fault('holds a character that RFC 3986 wants percent-encoded')
  const question = target.indexOf('?')
  const path = question === -1 ? target : target.slice(0, question)
  if ((encoded || path.includes('.')) && DOT_SEGMENT.test(path))
    return fault('holds a dot segment (. or .., perhaps percent-encoded)')
  // RFC 3986 allows an apostrophe there, but URL parsers rewrite it to %27 (WHATWG special-query).
  if (question !== -1 && target.includes("'", question))
    return fault('holds a raw apostrophe in its query')
  return undefined
}

function fault(reason: string): TargetFault {
  return { code: 'INVALID_TARGET', message: `The request target ${reason}` }
}
