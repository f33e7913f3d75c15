import { EventEmitter } from 'node:events'
import { Server } from 'node:net'

/*
 * Preloaded into a daemon or a gateway (`node --import`): does to it what a forgotten handler would. Each signal is one kind.
 * A name of our own in the environment says what SIGUSR2 does.
 */

const KINDS: Readonly<Record<string, () => void>> = {
  rejection: () => void Promise.reject(new Error('planted: nobody handles it')),
  'no reason': () => void Promise.reject(undefined),
  exception: () => {
    setImmediate(() => {
      throw new Error('planted: nobody catches it')
    })
  },
  'error event': () => void new EventEmitter().emit('error', new Error('planted: nobody listens')),
  'socket error': () => {
    const failed = Object.assign(new Error('read ECONNRESET'), {
      errno: -104,
      syscall: 'read',
      code: 'ECONNRESET',
    })
    void new EventEmitter().emit('error', failed)
  },
  /** After which it takes no connection any more: what an exception may leave behind. */
  'broken listener': () => {
    for (const server of servers) server.close()
    setImmediate(() => {
      throw new Error('planted: and it serves no more')
    })
  },
}

const servers = new Set<Server>()
const listen = Server.prototype.listen
Server.prototype.listen = function remember(this: Server, ...args: unknown[]) {
  servers.add(this)
  return listen.apply(this, args as Parameters<typeof listen>)
} as typeof listen

process.on('SIGUSR2', () => KINDS[process.env['TEST_PLANTED_FAULT'] ?? '']?.())
