import { formatJsonPath } from './json-path.ts'
import { endOfString } from './json-string.ts'
import { readMembers } from './read-members.ts'

/** A text in which an object has a member twice; `field` is the path of the second one. */
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
 * `JSON.parse`, but exact. It refuses an object that has the same member twice (RFC 7493, section 2.3: some parsers
 * keep the first, others the last), at any depth and however the names are escaped. And it reads escaped names itself,
 * because V8 confuses some of them with an earlier name that begins alike (nodejs/node#63785). A text without either
 * costs one look at each of its characters and members.
 * @param colons those of the text outside of strings, if somebody has counted them
 * @throws SyntaxError for a text that is not JSON
 * @throws RepeatedMemberError
 */
export function parseStrictJson(text: string, colons?: number): unknown {
  const value: unknown = JSON.parse(text)
  if (plainMembersIn(text, colons) === membersOf(value)) return value
  return readMembers(text, (path) => {
    throw new RepeatedMemberError(formatJsonPath(path))
  })
}

/**
 * Members of the text: each has its colon outside of strings. NaN if a name is escaped.
 *
 * Two loops, as V8 moves a search whose answer only a loop uses into that loop: a whole look at the text for each member.
 */
function plainMembersIn(text: string, colons: number | undefined): number {
  if (text.includes('\\')) return membersUnlessEscaped(text)
  return colons ?? colonsOutsideStrings(text)
}

function colonsOutsideStrings(text: string): number {
  let colons = 0
  let at = 0
  while (at < text.length) {
    const quote = text.indexOf('"', at)
    const end = quote === -1 ? text.length : quote
    for (; at < end; at += 1) if (text.charCodeAt(at) === COLON) colons += 1
    if (quote !== -1) at = endOfString(text, quote)
  }
  return colons
}

function membersUnlessEscaped(text: string): number {
  let members = 0
  let at = 0
  let name = 0
  while (at < text.length) {
    const quote = text.indexOf('"', at)
    const end = quote === -1 ? text.length : quote
    for (; at < end; at += 1) {
      if (text.charCodeAt(at) !== COLON) continue
      if (text.slice(name, at).includes('\\')) return Number.NaN
      members += 1
    }
    if (quote === -1) break
    name = quote
    at = endOfString(text, quote)
  }
  return members
}

/** Members of the parsed value. Without recursion: a text may nest as deep as it has characters. */
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
