import { LIMITS } from '../limits.ts'
import { OriginError } from './origin-error.ts'

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i
const WEB = /^https?:/i
/** Schemes whose pages send `null`, or that no page has (WHATWG URL, "origin"; HTML, "opaque origin"). */
const PAGELESS: ReadonlySet<string> = new Set(
  'about blob data file filesystem ftp javascript null view-source ws wss'.split(' '),
)
/** With other schemes than http and https, browsers do not fold case: the host is compared as the app wrote it. */
const APP_HOST = /^(?:\[[0-9a-f:.]+\]|[A-Za-z0-9._-]+)$/
/** After the scheme: the characters at which a path, a query or a fragment begins. */
const AUTHORITY = /^[^/?#]*/
const HOST_AND_PORT = /^(\[[^\]]*\]|[^:[\]]+)(?::(.*))?$/
const PORT = /^[1-9][0-9]{0,4}$/
const HIGHEST_PORT = 65_535
/**
 * As a URL parser writes hosts, without characters that no real name has: the parser lets `*`, `'`, `;` and `..` pass.
 */
const HOST = /^(?:\[[0-9a-f:]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/
const IPV4 = /^[0-9.]+$/
/**
 * Control, format and private-use characters, lone surrogates, separators. A URL parser silently drops some
 * of them, and people cannot see any. (Unassigned characters are left out: they differ by Unicode version.)
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}]/u
const FORM =
  'Write scheme, host and perhaps a port, and nothing else, such as https://app.example.com.'

/**
 * The origin that an entry names, as browsers send it in `Origin`: scheme and host in lower case, the host in punycode,
 * no default port (WHATWG URL, "origin"; RFC 6454, section 6.2). Extensions and app shells have schemes of their own
 * (`chrome-extension://…`, `tauri://localhost`). One `/` at the end is allowed, because an address bar shows origins
 * like that. Other parts of a URL are refused, not dropped: they would promise a rule by path, user or pattern, which
 * browsers do not send enough to check.
 * @throws OriginError
 */
export function parseOrigin(entry: string): string {
  if (entry.length > LIMITS.originCharacters) throw tooLong(entry)
  if (entry === '') throw new OriginError(entry, 'is empty', FORM)
  if (INVISIBLE.test(entry))
    throw new OriginError(entry, 'holds a blank or an invisible character', FORM)
  if (entry.includes('*')) {
    const reason = 'is a pattern, and only whole origins are compared'
    throw new OriginError(entry, reason, 'List each origin by itself.')
  }
  if (entry.toLowerCase() === 'null') {
    const reason = 'is what sandboxed frames and local files send, whoever made them'
    throw new OriginError(entry, reason, 'Serve the page over HTTP and name its origin.')
  }
  const scheme = SCHEME.exec(entry)
  if (scheme === null) {
    throw new OriginError(entry, 'does not begin with a scheme, such as https://', FORM)
  }
  const name = (scheme[1] ?? '').toLowerCase()
  if (PAGELESS.has(name)) {
    throw new OriginError(entry, `has a scheme (${name}) that no page sends`, FORM)
  }
  const rest = entry.slice(scheme[0].length)
  const authority = AUTHORITY.exec(rest)?.[0] ?? ''
  const origin = WEB.test(entry)
    ? originOf(entry, scheme[0], authority)
    : appOriginOf(entry, name, authority)
  const tail = rest.slice(authority.length)
  if (tail === '' || tail === '/') return origin
  const reason = 'has a path, query or fragment, which browsers do not send'
  throw new OriginError(entry, reason, `Write ${origin}`)
}

/** Whether `text` is an origin exactly as `parseOrigin` returns it. */
export function isOrigin(text: string): boolean {
  try {
    return parseOrigin(text) === text
  } catch (error) {
    if (error instanceof OriginError) return false
    throw error
  }
}

function originOf(entry: string, scheme: string, authority: string): string {
  const host = hostOf(entry, authority)
  const url = URL.parse(scheme + authority)
  if (url === null) throw new OriginError(entry, 'has a host that is none', FORM)
  if (url.hostname.endsWith('.')) {
    // For browsers, `a.example.` and `a.example` are two origins.
    throw new OriginError(entry, 'has a dot after its host', 'Write the host without that dot.')
  }
  // `127.1` and `0x7f000001` are 127.0.0.1, but the entry should show the address.
  if (IPV4.test(url.hostname) && url.hostname !== host) {
    const reason = 'has an IPv4 address in an unusual form'
    throw new OriginError(entry, reason, `Write ${url.origin}`)
  }
  if (!HOST.test(url.hostname)) throw new OriginError(entry, 'has a host that no name is', FORM)
  // Punycode is longer than the text it encodes.
  if (url.origin.length > LIMITS.originCharacters) throw tooLong(entry)
  return url.origin
}

/** The origin of an extension or an app's page: no rule rewrites its host. */
function appOriginOf(entry: string, scheme: string, authority: string): string {
  const host = hostOf(entry, authority)
  if (!APP_HOST.test(host)) throw new OriginError(entry, 'has a host that no name is', FORM)
  return `${scheme}://${authority}`
}

/** The host as written, before a valid port. */
function hostOf(entry: string, authority: string): string {
  if (authority.includes('@')) {
    throw new OriginError(entry, 'has a user name: the host is only what follows the @', FORM)
  }
  // A URL parser would read a backslash as a slash, and decode a host's percent-encoding.
  if (/[\\%]/.test(authority))
    throw new OriginError(entry, 'has a backslash or % in its host', FORM)
  const [, host = '', port] = HOST_AND_PORT.exec(authority) ?? []
  if (host === '') throw new OriginError(entry, 'has no host', FORM)
  if (port !== undefined && !(PORT.test(port) && Number(port) <= HIGHEST_PORT)) {
    const next = `Write a port from 1 to ${HIGHEST_PORT}, or none for the scheme's own.`
    throw new OriginError(entry, 'has no such port', next)
  }
  return host
}

function tooLong(entry: string): OriginError {
  return new OriginError(entry, `is longer than ${LIMITS.originCharacters} characters`, FORM)
}
