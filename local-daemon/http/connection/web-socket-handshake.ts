import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Whether a request asks for a supported upgrade: for a WebSocket (RFC 6455, section 4.2.1). The handshake itself reports
 * what is wrong with it.
 */
export function asksForWebSocket({
  method,
  httpVersion,
  headers,
}: Pick<IncomingMessage, 'method' | 'httpVersion' | 'headers'>): boolean {
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    lists(headers.upgrade, 'websocket') &&
    lists(headers.connection, 'upgrade')
  )
}

/**
 * Serves a request for an unsupported upgrade as the plain request that it also is (RFC 9110, section
 * 7.8), with its body and on the same connection: its head, without the field, is parsed again. For Node every
 * `Upgrade` ends HTTP if one of them may be accepted.
 */
export function serveWithoutUpgrade(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (!DROPPED.has(name.toLowerCase())) text += `${name}: ${rawHeaders[at + 1]}\r\n`
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}

const DROPPED: ReadonlySet<string> = new Set(['upgrade', 'http2-settings'])

function lists(field: string | undefined, token: string): boolean {
  return (field ?? '').split(',').some((part) => part.trim().toLowerCase() === token)
}
