import { formatJsonPath } from './json-path.ts'
import { endOfString } from './json-string.ts'
import { readMembers } from './read-members.ts'

/** A text in which an object names a member twice: `field` is the path of the one that came again. */
export class RepeatedMemberError extends Error {
  override readonly name = 'RepeatedMemberError'
  readonly field: string

  constructor(field: string) {
    super(`${field} is there twice`)
    this.field = field
  }
}

const COLON = 0x3a

/**
 * `JSON.parse` that says what the text says. It keeps no member in silence over another one of the same name (RFC 7493,
 * section 2.3: one parser keeps the first, the next one the last), at any depth and however the names are escaped. And it
 * reads escaped names itself: V8 takes some of them for a name that begins alike and was read before, whoever's it was
 * (nodejs/node#63785). A text without either costs one look at each of its characters and members.
 * @throws SyntaxError for what is not JSON
 * @throws RepeatedMemberError
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (plainMembersIn(text) === membersOf(value)) return value
  return readMembers(text, (path) => {
    throw new RepeatedMemberError(formatJsonPath(path))
  })
}

/** Members as they are written: outside of strings each has its colon. NaN if a name is escaped. */
function plainMembersIn(text: string): number {
  const escapes = text.includes('\\')
  let members = 0
  let at = 0
  let name = 0
  while (at < text.length) {
    const quote = text.indexOf('"', at)
    const end = quote === -1 ? text.length : quote
    for (; at < end; at += 1) {
      if (text.charCodeAt(at) !== COLON) continue
      if (escapes && text.slice(name, at).includes('\\')) return Number.NaN
      members += 1
    }
    if (quote === -1) break
    name = quote
    at = endOfString(text, quote)
  }
  return members
}

/** Members as they are left. Without recursion: a text may nest as deep as it has characters. */
function membersOf(value: unknown): number {
  let members = 0
  const open: unknown[] = [value]
  while (open.length > 0) {
    const node = open.pop()
    if (typeof node !== 'object' || node === null) continue
    const items = Array.isArray(node) ? (node as unknown[]) : Object.values(node)
    if (items !== node) members += items.length
    for (const item of items) if (typeof item === 'object') open.push(item)
  }
  return members
}
