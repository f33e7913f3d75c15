import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { WebSocket } from 'ws'
import { signConnectProof } from '../../../protocol/tunnel/connect-proof.ts'
import { encodeFrame, FRAME } from '../../../protocol/tunnel/frame.ts'
import { encodeHello } from '../../../protocol/tunnel/hello.ts'
import {
  CHALLENGE_PATH,
  PROTOCOL_VERSION,
  SUBPROTOCOL,
  TUNNEL_PATH,
} from '../../../protocol/tunnel/version.ts'
import { send } from '../clients/send.ts'
import type { TestIdentity } from '../test-identity.ts'

/** A challenge of the gateway on this port, which is `localhost` unless told otherwise. */
export async function aChallenge(port: number, host = `localhost:${port}`): Promise<string> {
  const answer = await send(port, { path: CHALLENGE_PATH, headers: [['host', host]] })
  return answer.json()['challenge'] as string
}

/** The header fields of a proof over a challenge of the gateway on that port, good unless told otherwise. */
export async function proofFields(
  identity: TestIdentity,
  port: number,
  { authority = `localhost:${port}`, challenge }: { authority?: string; challenge?: string } = {},
): Promise<Record<string, string>> {
  const over = challenge ?? (await aChallenge(port))
  return { ...(await signConnectProof({ authority, challenge: over }, identity)) }
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
  const { socket } = await knock(port, await proofFields(identity, port))
  if (socket === undefined) throw new Error('the gateway refused a good proof')
  const hello = encodeHello({ version: PROTOCOL_VERSION, agent: 'raw' })
  socket.send(encodeFrame({ type: FRAME.HELLO, flags: 0, stream: 0, payload: hello }))
  return socket
}
