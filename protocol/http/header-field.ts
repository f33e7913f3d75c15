import { LIMITS } from '../limits.ts'

/** Header fields in the order they came, repeats included. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** Why a header list is refused, and the name of the field at fault, safe to print. */
export interface HeaderFault {
  readonly code: 'INVALID_HEADERS' | 'HEADERS_TOO_LARGE'
  readonly header: string
  readonly message: string
}

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110, section 5.5: visible characters and obs-text, blanks only inside. No CR, LF, NUL, DEL. */
const NOT_IN_VALUE = /[^\t -~\u0080-\u00ff]/
const BLANK_AT_EDGE = /^[\t ]|[\t ]$/
/** What a field adds to its name and value on the wire: colon, space and line end. */
const FIELD_OVERHEAD = 4

export function isHeaderFault(result: HeaderList | HeaderFault): result is HeaderFault {
  return 'code' in result
}

export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

export function headerFault(code: HeaderFault['code'], name: string, reason: string): HeaderFault {
  const header = name.slice(0, 64).replaceAll(/[^!-~]/g, '?')
  return { code, header, message: `Header ${header} ${reason}` }
}

/**
 * The first fault of number, size or grammar. Names with `_` are refused although they are tokens:
 * servers that map headers to variables read `X_Forwarded_For` as `X-Forwarded-For` (CVE-2025-64484).
 */
export function checkFields(list: HeaderList): HeaderFault | undefined {
  let bytes = 0
  let fields = 0
  for (const field of list) {
    const name = field[0]
    const value = field[1]
    bytes += name.length + value.length + FIELD_OVERHEAD
    fields += 1
    if (fields > LIMITS.headerFields) {
      return headerFault('HEADERS_TOO_LARGE', name, `is beyond the ${LIMITS.headerFields} allowed`)
    }
    if (bytes > LIMITS.headBytes) {
      return headerFault('HEADERS_TOO_LARGE', name, `passes the ${LIMITS.headBytes} bytes allowed`)
    }
    if (!TOKEN.test(name)) return headerFault('INVALID_HEADERS', name, 'is not a valid name')
    if (name.includes('_')) return headerFault('INVALID_HEADERS', name, 'has an underscore')
    if (NOT_IN_VALUE.test(value) || BLANK_AT_EDGE.test(value)) {
      return headerFault('INVALID_HEADERS', name, 'has a value with forbidden characters')
    }
  }
  return undefined
}
