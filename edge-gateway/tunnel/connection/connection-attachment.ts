import type { MultiplexerSnapshot } from '../../../protocol/multiplexer/multiplexer.ts'
import type { ConnectionState } from './connection-states.ts'
import type { CountsSnapshot } from '../traffic-counts.ts'

/** What a daemon's socket keeps across the object's sleep. */
export interface ConnectionAttachment {
  readonly generation: number
  /** Milliseconds since 1970. */
  readonly connectedAt: number
  /** A random name of the daemon's process. */
  readonly process?: string
  readonly multiplexer?: MultiplexerSnapshot
  /** What the object has counted so far; up to date only on the newest connection's socket. */
  readonly counts?: CountsSnapshot
}

export function attachmentOf(socket: WebSocket): ConnectionAttachment {
  return socket.deserializeAttachment() as ConnectionAttachment
}

export function putAttachment(socket: WebSocket, attachment: ConnectionAttachment): void {
  socket.serializeAttachment(attachment)
}

/** The attachment of the newest connection. */
export function newestOf(sockets: readonly WebSocket[]): ConnectionAttachment | undefined {
  return sockets
    .map(attachmentOf)
    .reduce<ConnectionAttachment | undefined>(
      (one, other) => (one === undefined || other.generation > one.generation ? other : one),
      undefined,
    )
}

/** The state of a connection after a sleep. A replaced one keeps the object awake, so it need not be told apart. */
export function stateOf({ multiplexer }: ConnectionAttachment): ConnectionState {
  if (multiplexer?.leaving === true) return 'leaving'
  return multiplexer?.greeted === true ? 'ready' : 'greeting'
}
