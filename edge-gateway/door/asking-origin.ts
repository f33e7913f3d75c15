import { isForeignOrigin } from '../../protocol/http/foreign-origin.ts'
import type { RequestHead } from '../../protocol/tunnel/heads.ts'

/** An origin that no list has: a browser says that another site asks, and not which. */
const SOMEBODY = 'null'
const NONE: ReadonlySet<string> = new Set()

/**
 * The page's origin where nothing but that keeps a foreign page out; undefined where there is none, where it is the
 * host's own, and where the browser asks by itself. It does for a bearer: that takes a preflight. It asks nobody before
 * a WebSocket (RFC 6455, section 10.2), nor before a GET whose credential is in its URL.
 */
export function askingOrigin({
  method,
  headers,
  host,
  scheme,
  upgrade,
}: RequestHead): string | undefined {
  const get = (name: string) =>
    name === 'host' ? host : (headers.find(([known]) => known === name)?.[1] ?? null)
  if (upgrade === undefined && get('authorization') !== null) return undefined
  const asked = { method, headers: { get } }
  // In front of plain http a proxy may end TLS: a page of the same name came by either scheme.
  const schemes = scheme === 'https' ? (['https'] as const) : (['http', 'https'] as const)
  if (!schemes.every((one) => isForeignOrigin(asked, one, NONE))) return undefined
  return get('origin') ?? SOMEBODY
}
