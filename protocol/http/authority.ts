/** A host name, an IPv4 or a bracketed IPv6 address, with or without a port: nothing that moves a URL's parts. */
const AUTHORITY = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i

/** A gateway has one host, or few: to parse it would be most of a small request's own cost. */
let lastGood: string | undefined

/** Whether a text is what a URL of http or https may have as its host and port. */
export function isAuthority(text: string): boolean {
  if (text === lastGood) return true
  if (!AUTHORITY.test(text) || URL.parse(`https://${text}/`) === null) return false
  lastGood = text
  return true
}
