import { isForeignOrigin } from '../../../protocol/http/foreign-origin.ts'
import type { RequestFacts } from '../../access/request-facts.ts'

type Scheme = 'http' | 'https'
const HTTP: readonly Scheme[] = ['http']
const HTTPS: readonly Scheme[] = ['https']
/** Where somebody in front may have ended TLS, a page of the same name came by either. */
const EITHER: readonly Scheme[] = ['https', 'http']

/**
 * Whether a page that may not call made this request. The daemon's own port is asked by whatever a browser can send;
 * through the gateway a bearer has passed a preflight, and what comes without one is asked again here.
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
