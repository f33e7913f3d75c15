/** What begins a bearer, a stream ticket, an invite or a resume code, wherever somebody put it by mistake. */
const SECRET = /sp[lirt]_/i
/** Everything but visible ASCII: it could rewrite a terminal or begin another line. */
const INVISIBLE = /[^!-~]/g
/** What most texts are: nothing of them has to change. */
const VISIBLE = /^[!-~]*$/
/** Encodings within encodings that are looked through; nobody makes more by mistake. */
const DECODINGS = 3

/** The text as it may stand in a log: visible ASCII, U+FFFD for the rest, cut after `most` characters. */
export function loggable(text: string, most: number): string {
  if (text.length <= most && VISIBLE.test(text)) return text
  const clean = text.slice(0, most).replaceAll(INVISIBLE, '\uFFFD')
  return text.length > most ? `${clean}…` : clean
}

/**
 * A target's path as it may stand in a log: without its query, which may hold a ticket, and with `[secret]` for
 * each segment that holds something of the form of a bearer, ticket or invite, percent-encoded or not.
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

/** Character by character: an encoding that is broken elsewhere must not hide this one. */
function decoded(text: string): string {
  return text.replaceAll(/%([0-7][0-9A-Fa-f])/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
