import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { WebSocket } from 'ws'
import { signConnectProof } from '../../../protocol/tunnel/connect-proof.ts'
import type { DidKey } from '../../../protocol/identity/did-key.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { SUBPROTOCOL, TUNNEL_PATH, YIELD_HEADER } from '../../../protocol/tunnel/version.ts'
import { isLoopbackName } from '../../network/is-loopback-name.ts'
import { proxyAgent, proxyFor, type ProxyError } from '../../network/proxy.ts'
import { askChallenge } from './ask-challenge.ts'
import { sayDialFault } from './certificate-fault.ts'
import { DialError } from './dial-error.ts'
import { readGatewayAnswer, refusalOf } from './read-refusal.ts'

export interface DialOptions {
  /** Public origin of the gateway, `https://home.example.com`. */
  readonly gatewayUrl: URL
  /** PEM of an extra certificate authority. */
  readonly ca?: string
  readonly identity: { readonly did: DidKey; sign(bytes: Uint8Array): Uint8Array }
  /** Name of this process, where it is not to take another one's place. */
  readonly yields?: string | undefined
  /** Told what the gateway's clock says, minus this machine's, milliseconds. */
  readonly onClock?: (offsetMs: number) => void
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

/** Challenges of one try: where the gateway's object has restarted in between, the next one holds. */
const CHALLENGES = 2

/**
 * One try to connect: fresh DNS, a fresh socket, a challenge of the gateway and a proof over it.
 * @returns an open WebSocket that speaks the tunnel's subprotocol, paused until it is listened to
 * @throws DialError
 */
export async function dial(options: DialOptions): Promise<WebSocket> {
  // Of this try alone: its sockets would outlive a change of the address. The upgrade takes the connection that the
  // challenge came by.
  const agent = agentFor(options)
  const fresh = agentFor(options)
  let upgrades = agent
  try {
    for (let left = CHALLENGES; ; left -= 1) {
      try {
        return await proveAndOpen(options, agent, upgrades)
      } catch (error) {
        const stale = error instanceof DialError && error.code === 'CHALLENGE_STALE'
        const cut = error instanceof CutUpgrade
        if (!(stale || cut) || left <= 1 || options.signal.aborted) throw error
        // It ends a connection after its first answer, without saying so.
        if (cut) upgrades = fresh
      }
    }
  } finally {
    // What was upgraded is no agent's any more.
    agent.destroy()
    fresh.destroy()
  }
}

function agentFor({ gatewayUrl, lookup }: DialOptions): http.Agent {
  const { Agent } = gatewayUrl.protocol === 'https:' ? https : http
  const proxy = lookup === undefined ? wayOut(gatewayUrl) : undefined
  if (proxy !== undefined) return proxyAgent(proxy, { keepAlive: true })
  return new Agent({
    keepAlive: true,
    maxSockets: 1,
    ...(lookup === undefined ? {} : { lookup }),
  })
}

function wayOut(gatewayUrl: URL): URL | undefined {
  try {
    return proxyFor(gatewayUrl)
  } catch (cause) {
    const { code, message } = cause as ProxyError
    throw new DialError('lost', message, { code, cause })
  }
}

/** The connection was cut before the upgrade had an answer. */
class CutUpgrade extends DialError {}

async function proveAndOpen(
  options: DialOptions,
  agent: http.Agent,
  upgrades: http.Agent,
): Promise<WebSocket> {
  const { gatewayUrl, identity, signal } = options
  const { challenge, clockOffsetMs } = await askChallenge(options, agent)
  if (clockOffsetMs !== undefined) options.onClock?.(clockOffsetMs)
  const proof = await signConnectProof({ authority: gatewayUrl.host, challenge }, identity)
  const secure = gatewayUrl.protocol === 'https:'
  const url = `${secure ? 'wss' : 'ws'}://${gatewayUrl.host}${TUNNEL_PATH}`
  // `closeTimeout` is in ws since 8.19, and not yet in its types.
  const closing: { readonly closeTimeout: number } = { closeTimeout: CLOSE_MS }
  const socket = new WebSocket(url, SUBPROTOCOL, {
    ...closing,
    headers: { ...proof, ...(options.yields !== undefined && { [YIELD_HEADER]: options.yields }) },
    perMessageDeflate: false,
    maxPayload: LIMITS.messageBytes,
    handshakeTimeout: HANDSHAKE_MS,
    followRedirects: false,
    // Masking guards plain-text proxies; under TLS, and on loopback, there is none (docs/decisions/002).
    ...(secure || isLoopbackName(gatewayUrl.hostname) ? { generateMask: leaveZero } : {}),
    agent: upgrades,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  })
  // The agent has set TCP's own keepalive on it, once a second: the tunnel has its own, and lets the radio sleep.
  socket.once('upgrade', (response) => response.socket.setKeepAlive(false))
  return opened(socket, signal)
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
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      const Fault = CUT.has(cause.code ?? '') ? CutUpgrade : DialError
      reject(new Fault('lost', sayDialFault(cause), { cause }))
    })
    socket.once('unexpected-response', (_request, response) => {
      // Of the response while it is there: once its body has ended, Node keeps the connection for another request, that
      // of nobody, and neither the response nor the request would close it.
      const connection = response.socket
      // The rest may never come; what has come says enough. `stop` still works meanwhile.
      const enough = setTimeout(() => connection.destroy(), REFUSAL_MS)
      readGatewayAnswer(response)
        .then((answer) => reject(refusalOf(response.statusCode ?? 0, answer)), reject)
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

const CUT: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE'])

function leaveZero(): void {}
