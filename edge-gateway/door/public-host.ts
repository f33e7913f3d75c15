import { isAuthority } from '../../protocol/http/authority.ts'
import type { HeaderFault } from '../../protocol/http/header-field.ts'

/** A gateway has one host, or few: the check below would be most of a small request's own cost. */
let lastGood: string | undefined

/**
 * Checks that the host of the URL is what the client's Host field says, and a host at all. The runtime
 * pastes Host and the request target together unseen: with `Host: a/b` the path would begin in the
 * host, and with `OPTIONS *` the host would end in the path.
 *
 * @param host as it stands in the URL
 * @param field the Host field
 */
export function checkHost(
  host: string,
  field: string | undefined,
  scheme: 'http' | 'https',
): HeaderFault | undefined {
  if (host === field && host === lastGood) return undefined
  if (field === undefined || !sameHost(host, field, scheme))
    return fault('is not the host of the URL')
  if (!isAuthority(host)) return fault('names no host')
  lastGood = host
  return undefined
}

/** Some runtimes write the URL's host in lower case and leave the default port out. */
function sameHost(host: string, field: string, scheme: 'http' | 'https'): boolean {
  return host === field || normal(host, scheme) === normal(field, scheme)
}

function normal(host: string, scheme: 'http' | 'https'): string {
  return host.toLowerCase().replace(scheme === 'https' ? /:443$/ : /:80$/, '')
}

function fault(reason: string): HeaderFault {
  return { code: 'INVALID_HEADERS', header: 'host', message: `Header host ${reason}` }
}
