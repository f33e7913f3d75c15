import { CODE_PREFIXES } from '../../protocol/identity/signed-code.ts'

/** The start of a bearer token or of a code of any kind, wherever somebody put it by mistake. */
const SECRET = new RegExp(['spl_', ...CODE_PREFIXES].join('|'), 'i')
/** Everything except visible ASCII: it could control a terminal or begin another line. */
const INVISIBLE = /[^!-~]/g
/** Most texts: nothing has to change. */
const VISIBLE = /^[!-~]*$/
/** Nested encodings that are decoded; nobody makes more by mistake. */
const DECODINGS = 3

/** The text in a form that is safe for a log: visible ASCII, U+FFFD for the rest, cut after `most` characters. */
export function loggable(text: string, most: number): string {
  if (text.length <= most && VISIBLE.test(text)) return text
  const clean = text.slice(0, most).replaceAll(INVISIBLE, '\uFFFD')
  return text.length > most ? `${clean}…` : clean
}

/**
 * A target's path in a form that is safe for a log: without its query, which may contain a ticket, and with `[secret]` for
 * each segment that contains something like a bearer, ticket or invite, percent-encoded or not.
 */
export function loggablePath(target: string, most: number): string {
  const end = target.search(/[?#]/)
  const path = end === -1 ? target : target.slice(0, end)
  if (!path.includes('%') && !SECRET.test(path)) return loggable(path, most)
  const segments = path.split('/').map((segment) => (isSecret(segment) ? '[secret]' : segment))
  return loggable(segments.join('/'), most)
}

function isSecret(segment: string): boolean {
  let text = segment
  for (let count = 0; count <= DECODINGS; count += 1) {
    if (SECRET.test(text)) return true
    text = decoded(text)
  }
  return false
}

/** Character by character: a broken encoding elsewhere must not hide this one. */
function decoded(text: string): string {
  return text.replaceAll(/%([0-7][0-9A-Fa-f])/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
