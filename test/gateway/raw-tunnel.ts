import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { WebSocket } from 'ws'
import { signConnectProof } from '../../protocol/connect-proof.ts'
import { encodeFrame, FRAME } from '../../protocol/frame.ts'
import { encodeHello } from '../../protocol/hello.ts'
import { PROTOCOL_VERSION, SUBPROTOCOL, TUNNEL_PATH } from '../../protocol/version.ts'
import type { TestIdentity } from './test-identity.ts'

/** The header fields of a proof, good unless told otherwise. */
export async function proofFields(
  identity: TestIdentity,
  authority: string,
  created: number = Math.floor(Date.now() / 1000),
): Promise<Record<string, string>> {
  const nonce = randomBytes(18).toString('base64url')
  return { ...(await signConnectProof({ authority, created, nonce }, identity)) }
}

export interface Knock {
  /** 101, or the status of the refusal. */
  readonly status: number
  /** The open socket, which has not greeted yet. */
  readonly socket?: WebSocket
  readonly problem?: Record<string, unknown>
}

/** Knocks at the daemon's door with exactly these fields. */
export async function knock(
  port: number,
  headers: Record<string, string>,
  protocol: string | undefined = SUBPROTOCOL,
): Promise<Knock> {
  const url = `ws://localhost:${port}${TUNNEL_PATH}`
  const socket = new WebSocket(url, protocol === '' ? [] : [protocol], {
    headers,
    perMessageDeflate: false,
  })
  socket.on('error', () => {})
  const opened = once(socket, 'open').then(() => ({ status: 101, socket }))
  const refused = once(socket, 'unexpected-response').then(async ([, answer]) => {
    const incoming = answer as IncomingMessage
    const problem = JSON.parse(await text(incoming)) as Record<string, unknown>
    return { status: incoming.statusCode ?? 0, problem }
  })
  return Promise.race([opened, refused])
}

/** A connection with a good proof, driven by the test; it has greeted. */
export async function rawTunnel(port: number, identity: TestIdentity): Promise<WebSocket> {
  const { socket } = await knock(port, await proofFields(identity, `localhost:${port}`))
  if (socket === undefined) throw new Error('the gateway refused a good proof')
  const hello = encodeHello({ version: PROTOCOL_VERSION, agent: 'raw' })
  socket.send(encodeFrame({ type: FRAME.HELLO, flags: 0, stream: 0, payload: hello }))
  return socket
}
