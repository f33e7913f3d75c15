import type { IncomingMessage } from 'node:http'
import { type HeadFault, headFault, type RawField } from '../../../protocol/http/head-rules.ts'

const ABSOLUTE = /^https?:\/\/([^/?#]+)(.*)$/i

/**
 * Normalises a request's head for everything that reads it later. A target in absolute form gives its authority to
 * Host, which then does not count (RFC 9112, section 3.2.2), and several `Cookie` lines become one (RFC 6265,
 * section 5.4): a comma, as between other fields, would be part of a cookie.
 */
export function normaliseHead(incoming: IncomingMessage): void {
  const { rawHeaders, headers, method = '', httpVersion } = incoming
  const fault = headFault({ method, version: httpVersion, fields: fieldsOf(rawHeaders) })
  if (fault !== undefined) faults.set(incoming, fault)
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

/** Why a request is refused whatever it asks for. Call it after `normaliseHead`. */
export function faultOf(incoming: IncomingMessage): HeadFault | undefined {
  return faults.get(incoming)
}

const faults = new WeakMap<IncomingMessage, HeadFault>()

function fieldsOf(rawHeaders: readonly string[]): RawField[] {
  const fields: RawField[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    fields.push({ name: (rawHeaders[at] ?? '').toLowerCase(), value: rawHeaders[at + 1] ?? '' })
  }
  return fields
}

function countFields(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((field, at) => at % 2 === 0 && field.toLowerCase() === name).length
}

function removeFields(rawHeaders: string[], name: string): void {
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    if (rawHeaders[at]?.toLowerCase() === name) rawHeaders.splice(at, 2)
  }
}
