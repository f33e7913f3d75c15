import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { CHALLENGE_PATH, PROTOCOL_VERSION, SUBPROTOCOL } from '../../../protocol/tunnel/version.ts'
import { writeWire, type FrameText } from '../wire/wire-text.ts'

export interface Knock {
  readonly request: IncomingMessage
  /** The raw socket, for any answer. */
  readonly socket: Duplex
  /** Accepts the WebSocket, without a greeting. */
  accept(): Promise<WebSocket>
}

/** A gateway that does what a test says, wrong things too. */
export interface ScriptedGateway extends AsyncDisposable {
  readonly url: string
  /** Tries to connect so far. */
  readonly knocks: () => number
}

/**
 * @param script called for each try, with its number from 1
 * @param connected called for each connection
 */
export async function aScriptedGateway(
  script: (knock: Knock, number: number) => void,
  connected: () => void = () => {},
): Promise<ScriptedGateway> {
  let knocks = 0
  const sockets = new Set<Duplex>()
  const server = createServer((request, response) => {
    const challenge = randomBytes(48).toString('base64url')
    const given = { object: 'connect_challenge', challenge, edge_time: Date.now() }
    response.end(request.url === CHALLENGE_PATH ? JSON.stringify(given) : '')
  })
  const upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  })
  server.on('connection', (socket) => {
    connected()
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => {
    knocks += 1
    const accept = () =>
      new Promise<WebSocket>((resolve) => {
        upgrades.handleUpgrade(request, socket, head, (webSocket) => {
          webSocket.on('error', () => {})
          resolve(webSocket)
        })
      })
    script({ request, socket, accept }, knocks)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    knocks: () => knocks,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

export const HELLO: FrameText = {
  type: 'HELLO',
  flags: [],
  stream: 0,
  json: { version: PROTOCOL_VERSION, agent: 'scripted', generation: 7 },
}

/** An OPEN without a body; its head is valid unless you give another. */
export function anOpen(stream: number, head: Readonly<Record<string, unknown>> = {}): FrameText {
  const json = {
    method: 'GET',
    target: `/${stream}`,
    headers: [],
    host: 'home.example',
    scheme: 'https',
    request_id: `r${stream}`,
    ...head,
  }
  return { type: 'OPEN', flags: ['END'], stream, window: 256 * 1024, json }
}

export function sendFrames(socket: WebSocket, ...frames: readonly FrameText[]): void {
  socket.send(writeWire(frames))
}
