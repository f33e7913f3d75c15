import type { WebSocket } from 'ws'
import { CLOSE } from '../../../protocol/tunnel/close-code.ts'
import { EventMessages, HEARTBEAT_MESSAGE } from '../../../protocol/events/event-messages.ts'
import { subscriberClose } from '../../../protocol/events/subscriber-close.ts'
import { HTTP_LIMITS } from '../limits.ts'
import type { Subscription } from './subscription.ts'

/** Bytes in the socket above which it takes nothing more from the feed. */
const SOCKET_BYTES = 64 * 1024

/** Sends a subscription over a WebSocket, only as fast as it is read. Resolves when either has ended. */
export async function serveSubscriber(
  socket: WebSocket,
  subscription: Subscription,
): Promise<void> {
  const messages = new EventMessages()
  let resume: (() => void) | undefined
  socket.on('message', () => socket.close(CLOSE.UNSUPPORTED, 'this WebSocket only sends'))
  // A frame that is none: ws closes with the code for it.
  socket.on('error', () => {})
  socket.on('close', () => {
    subscription.close()
    resume?.()
  })
  subscription.whenEnded(() => resume?.())
  while (socket.readyState === socket.OPEN) {
    if (socket.bufferedAmount > SOCKET_BYTES) {
      await new Promise<void>((resolve) => (resume = resolve))
      continue
    }
    const text = subscription.take()
    if (text !== undefined) {
      for (const message of messages.push(text)) socket.send(message, () => resume?.())
    } else if (subscription.ended !== undefined) break
    else if (!(await subscription.changed(HTTP_LIMITS.heartbeatMs))) {
      socket.send(HEARTBEAT_MESSAGE)
    }
  }
  if (subscription.ended === 'stopping') socket.close(CLOSE.GOING_AWAY, 'the daemon is stopping')
  else {
    const { code, reason } = subscriberClose(messages.error)
    socket.close(code, reason)
  }
}
