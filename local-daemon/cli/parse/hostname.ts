import { domainToASCII } from 'node:url'
import { InvalidArgumentError } from 'commander'
import { isHostname, isHostnamePattern } from '../../../protocol/http/hostname.ts'

/** A hostname of the command line, in lower case. */
export function parseHostname(text: string): string {
  const name = text.toLowerCase()
  if (isHostname(name)) return name
  throw new InvalidArgumentError(rule(name))
}

/** The same, or `*.spl.example.com` for any one name of that level. */
export function parseHostnamePattern(text: string): string {
  const name = text.toLowerCase()
  return isHostnamePattern(name) ? name : parseHostname(name)
}

/** What a name of another script is in punycode is said, and not chosen: nobody should own a name that they do not see. */
function rule(name: string): string {
  const ascii = domainToASCII(name)
  if (ascii !== name && isHostname(ascii)) return `As a hostname it is ${ascii}.`
  return 'A hostname looks like alice.spl.example.com, without scheme, port or dot at the end.'
}
