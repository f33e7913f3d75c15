/**
 * The request fields that clients send by themselves: those of HTTP, fetch and WebSocket, and our own. Proxies add
 * others, which cannot all be listed: `X-Forwarded-*`, `Via`, `CF-*`, `True-Client-IP`, `X-Request-Id`, `Traceparent`
 * and new ones. So this list is closed, and every other field may be a proxy's.
 */
const FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'connection',
  'cookie',
  'date',
  'dnt',
  'expect',
  'host',
  'http2-settings',
  'idempotency-key',
  'keep-alive',
  'last-event-id',
  'origin',
  'pragma',
  'priority',
  'purpose',
  'range',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'upgrade-insecure-requests',
  'user-agent',
  'x-requested-with',
])
const PREFIXES = [
  'accept',
  'access-control-request-',
  'content-',
  'if-',
  'sec-',
  'x-syncropel-',
] as const

/** Whether a field is one that clients send by themselves. */
export function isClientField(name: string): boolean {
  const lower = name.toLowerCase()
  return FIELDS.has(lower) || PREFIXES.some((prefix) => lower.startsWith(prefix))
}
