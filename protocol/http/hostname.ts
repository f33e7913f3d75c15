/** Longest hostname of the DNS, characters (RFC 1035, section 2.3.4). */
const LENGTH = 253
/** A label of letters, digits and inner hyphens (RFC 1123, section 2.1). */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** A host that ends like this is an IPv4 address to URL parsers (WHATWG URL, "ends in a number"). */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/
/** `xn--` and other reserved forms (RFC 5890, section 2.3.1): what it shows may look like another name. */
const RESERVED_LABEL = /^..--/
const PORT = /:\d{1,5}$/
/** Only ASCII letters change case here: the kelvin sign would become a k. */
const CAPITALS = /[A-Z]+/g

/**
 * A hostname as a registry keeps it: lower case, ASCII (so names of other scripts in punycode), no port, no dot at
 * the end, no IP address. One name, one spelling: any other text is not a hostname.
 */
export function isHostname(text: string): boolean {
  if (text.length > LENGTH) return false
  const labels = text.split('.')
  return labels.every((label) => LABEL.test(label)) && !NUMBER.test(labels.at(-1) ?? '')
}

/**
 * The hostname of an authority, `Alice.example.com:8443`; undefined if it is not of the form above. The port
 * does not count: a name belongs to one owner on all of them.
 */
export function hostnameOf(authority: string): string | undefined {
  const name = authority.replace(PORT, '').replace(CAPITALS, (text) => text.toLowerCase())
  return isHostname(name) ? name : undefined
}

/** `*.spl.example.com`: any one label before that suffix. Only invites have it, a registry never. */
export function isHostnamePattern(text: string): boolean {
  return text.startsWith('*.') && isHostname(text.slice(2))
}

/**
 * Whether an invite for `pattern`, a hostname or a pattern of one, is valid for this hostname. A pattern does not cover
 * reserved labels, such as punycode: only the admin, by name, gives out a name that may look like another one.
 */
export function allowsHostname(pattern: string, hostname: string): boolean {
  if (!isHostname(hostname)) return false
  if (!isHostnamePattern(pattern)) return pattern === hostname
  const dot = hostname.indexOf('.')
  if (dot === -1 || hostname.slice(dot) !== pattern.slice(1)) return false
  return !RESERVED_LABEL.test(hostname)
}
