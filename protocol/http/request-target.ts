import { LIMITS } from '../limits.ts'

/** Why a request target is refused. The target itself is never repeated: it may contain anything. */
export interface TargetFault {
  readonly code: 'INVALID_TARGET'
  readonly message: string
}

/** Not of an RFC 3986 path, which holds unreserved, sub-delims, `:` `@` `/` and percent-encodings. */
const FOREIGN_TO_PATH = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/
/**
 * Not of a query as browsers send it: of printable ASCII they encode the blank, `"`, `#`, `<` and `>` (WHATWG URL,
 * "query percent-encode set"), and let `[ ] { } | \ ^` and the backtick stand, which RFC 3986 would have encoded. The
 * apostrophe they do encode, and RFC 3986 does not.
 */
const FOREIGN_TO_QUERY = /[^!$-;=?-~]/
const BROKEN_ENCODING = /%(?![0-9A-Fa-f]{2})/
/** A dot segment, also where an origin server decodes `%2e`, or `%2f` and `%5c` into separators. */
const DOT_SEGMENT = /(?:^|\/|%2f|%5c)(?:\.|%2e){1,2}(?:\/|%2f|%5c|$)/i

/**
 * Undefined if the target (path and query, as on the request line) may be relayed unchanged. Refused is what two
 * parsers may read differently, or a URL parser would rewrite into another meaning. So the target that the gateway
 * authorises is the target that the daemon routes.
 */
export function checkTarget(target: string): TargetFault | undefined {
  if (target.length > LIMITS.targetBytes) return fault(`is longer than ${LIMITS.targetBytes} bytes`)
  if (!target.startsWith('/') || target.startsWith('//'))
    return fault('must begin with exactly one /')
  const encoded = target.includes('%')
  const question = target.indexOf('?')
  const path = question === -1 ? target : target.slice(0, question)
  const query = target.slice(path.length + 1)
  const foreign = FOREIGN_TO_PATH.test(path) || FOREIGN_TO_QUERY.test(query)
  if (foreign || (encoded && BROKEN_ENCODING.test(target)))
    return fault('holds a character that is to be percent-encoded')
  if ((encoded || path.includes('.')) && DOT_SEGMENT.test(path))
    return fault('holds a dot segment (. or .., perhaps percent-encoded)')
  return undefined
}

function fault(reason: string): TargetFault {
  return { code: 'INVALID_TARGET', message: `The request target ${reason}` }
}
