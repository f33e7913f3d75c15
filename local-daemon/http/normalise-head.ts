import type { IncomingMessage } from 'node:http'

const ABSOLUTE = /^https?:\/\/([^/?#]+)(.*)$/i

/**
 * Brings a request's head into the one form that everything after it reads. A target in absolute form gives its authority to
 * Host, which then does not count (RFC 9112, section 3.2.2), and several `Cookie` lines become one (RFC 6265,
 * section 5.4): a comma, as between other fields, would be part of a cookie.
 */
export function normaliseHead(incoming: IncomingMessage): void {
  const { rawHeaders, headers } = incoming
  const [, authority, rest = ''] = ABSOLUTE.exec(incoming.url ?? '') ?? []
  if (authority !== undefined) {
    incoming.url = rest.startsWith('/') ? rest : `/${rest}`
    removeFields(rawHeaders, 'host')
    rawHeaders.unshift('Host', authority)
    headers.host = authority
  }
  if (headers.cookie !== undefined && countFields(rawHeaders, 'cookie') > 1) {
    removeFields(rawHeaders, 'cookie')
    rawHeaders.push('Cookie', headers.cookie)
  }
}

function countFields(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((field, at) => at % 2 === 0 && field.toLowerCase() === name).length
}

function removeFields(rawHeaders: string[], name: string): void {
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    if (rawHeaders[at]?.toLowerCase() === name) rawHeaders.splice(at, 2)
  }
}
