import { isForeignOrigin } from '../../../protocol/http/foreign-origin.ts'
import type { RequestFacts } from '../../access/request-facts.ts'

type Scheme = 'http' | 'https'
const HTTP: readonly Scheme[] = ['http']
const HTTPS: readonly Scheme[] = ['https']
/** If a proxy in front may have terminated TLS, a page of the same name may use either scheme. */
const EITHER: readonly Scheme[] = ['https', 'http']

/**
 * Whether a page without permission made this request. A browser can send anything to the daemon's own port;
 * through the gateway, a bearer has passed a preflight, and requests without one are checked again here.
 */
export function isForeignPage(
  request: Request,
  { via, publicHost }: RequestFacts,
  allowed: { has(origin: string): boolean },
): boolean {
  if (via === 'socket') return false
  if (via !== 'tunnel') {
    const schemes = via === 'proxy' ? EITHER : HTTP
    return schemes.every((scheme) => isForeignOrigin(request, scheme, allowed))
  }
  const { method, headers, url } = request
  if (headers.has('authorization')) return false
  const get = (name: string) => (name === 'host' ? (publicHost ?? null) : headers.get(name))
  const schemes = url.startsWith('https:') ? HTTPS : EITHER
  return schemes.every((scheme) => isForeignOrigin({ method, headers: { get } }, scheme, allowed))
}
