import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import { WebSocket } from 'ws'
import { signConnectProof } from '../../protocol/connect-proof.ts'
import type { DidKey } from '../../protocol/did-key.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { SUBPROTOCOL, TUNNEL_PATH } from '../../protocol/version.ts'
import { isLoopbackName } from '../config/is-loopback-name.ts'
import { DialError } from './dial-error.ts'

export interface DialOptions {
  /** Public origin of the gateway, `https://home.example.com`. */
  readonly gatewayUrl: URL
  /** PEM of an extra certificate authority. */
  readonly ca?: string
  readonly identity: { readonly did: DidKey; sign(bytes: Uint8Array): Uint8Array }
  /** Seconds since 1970 by the gateway's clock, as far as it is known. */
  readonly now: () => number
  /** Finds the host's address, anew on each try; `dns.lookup` unless told. */
  readonly lookup?: LookupFunction
  /** Gives the try up at once; its reason is told. */
  readonly signal: AbortSignal
}

const HANDSHAKE_MS = 15_000
/** How long a goodbye may wait for its answer: over a dead link there will be none. */
const CLOSE_MS = 2_000
/** How long a refusal may take to say why. */
const REFUSAL_MS = 5_000
/** An error envelope is small; whoever sends more is not a gateway. */
const REFUSAL_BYTES = 16 * 1024

/**
 * One try to connect: fresh DNS, fresh socket, fresh proof.
 * @returns an open WebSocket that speaks the tunnel's subprotocol, paused until it is listened to
 * @throws DialError
 */
export async function dial(options: DialOptions): Promise<WebSocket> {
  const { gatewayUrl, identity } = options
  const proof = await signConnectProof(
    {
      authority: gatewayUrl.host,
      created: options.now(),
      nonce: randomBytes(18).toString('base64url'),
    },
    identity,
  )
  const secure = gatewayUrl.protocol === 'https:'
  const url = `${secure ? 'wss' : 'ws'}://${gatewayUrl.host}${TUNNEL_PATH}`
  // `closeTimeout` is in ws since 8.19, and not yet in its types.
  const closing: { readonly closeTimeout: number } = { closeTimeout: CLOSE_MS }
  const socket = new WebSocket(url, SUBPROTOCOL, {
    ...closing,
    headers: { ...proof },
    perMessageDeflate: false,
    maxPayload: LIMITS.messageBytes,
    handshakeTimeout: HANDSHAKE_MS,
    followRedirects: false,
    // Masking guards plain-text proxies; under TLS, and on loopback, there is none (docs/decisions/002).
    ...(secure || isLoopbackName(gatewayUrl.hostname) ? { generateMask: leaveZero } : {}),
    // No agent: its sockets would outlive a change of the address.
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  })
  return opened(socket, options.signal)
}

function opened(socket: WebSocket, signal: AbortSignal): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      socket.terminate()
      reject(new DialError('lost', String(signal.reason)))
    }
    signal.addEventListener('abort', stop, { once: true })
    // Stopped while the proof was signed: no event comes any more.
    if (signal.aborted) stop()
    // For good: ws reports late transport errors here too, and an unhandled one would end the process.
    socket.on('error', (cause) => reject(new DialError('lost', cause.message, { cause })))
    socket.once('unexpected-response', (_request, response) => {
      // Of the response while it is there: once its body has ended, Node keeps the connection for another request, that
      // of nobody, and neither the response nor the request would close it.
      const connection = response.socket
      // The rest may never come; what has come says enough. `stop` still works meanwhile.
      const enough = setTimeout(() => connection.destroy(), REFUSAL_MS)
      readRefusal(response)
        .then(reject, reject)
        .finally(() => {
          clearTimeout(enough)
          signal.removeEventListener('abort', stop)
          connection.destroy()
        })
    })
    socket.once('open', () => {
      signal.removeEventListener('abort', stop)
      if (signal.aborted) return stop()
      // The gateway's first message may be in the same packet: it must wait for its listener.
      socket.pause()
      resolve(socket)
    })
  })
}

async function readRefusal(response: IncomingMessage): Promise<DialError> {
  const status = response.statusCode ?? 0
  let text = ''
  response.setEncoding('utf8')
  try {
    for await (const part of response) {
      text += part as string
      if (text.length > REFUSAL_BYTES) break
    }
  } catch {
    // Cut off: the status is known all the same.
  }
  response.destroy()
  const { code, message, edge_time: edgeTime } = parseObject(text)
  if (typeof code !== 'string' || typeof message !== 'string') {
    // A proxy's page, a captive portal, another server: it may be gone in a minute.
    return new DialError('lost', `the host answered ${status}, not as a gateway`)
  }
  // 5xx is the gateway's own trouble and heals, and 429 passes; a refusal of the proof does not. A hostname that was
  // given out a moment ago is known everywhere a moment later.
  const passes = status === 429 || code === 'HOSTNAME_UNKNOWN'
  const kind = status >= 400 && status < 500 && !passes ? 'refused' : 'lost'
  return new DialError(kind, `${message} [${code}]`, {
    code,
    ...(typeof edgeTime === 'number' ? { edgeTimeMs: edgeTime } : {}),
  })
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function leaveZero(): void {}
