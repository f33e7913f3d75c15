import { createServer, type Socket } from 'node:net'
import { addressKey } from '../../../protocol/http/address-key.ts'
import { openFilesLimit } from '../../process/open-files.ts'
import type { KeyPair } from '../self-signed.ts'
import { ClientConnection } from './client-connection.ts'
import { ConnectionTable, type Place } from './connection-table.ts'
import { connectionsFor, FRONT_LIMITS, type FrontLimits } from './front-limits.ts'
import { Handshakes } from './handshakes.ts'
import { listenFront } from './listen-front.ts'
import { watchKeyPair } from './key-pair-watch.ts'
import { CLIENT_ADDRESS_FIELD, SCHEME_FIELD } from './request-head.ts'
import { UnfinishedMessages } from './unfinished-messages.ts'
import type { WorkerdSocket } from './workerd-socket.ts'

export interface FrontOptions {
  readonly host: string
  readonly port: number
  /** Absent means plain HTTP, for a proxy in front. */
  readonly tls?: KeyPair
  /** Whether peers are clients: then their addresses are counted, and the Worker learns them. */
  readonly knowsClients: boolean
  readonly dial: () => Promise<WorkerdSocket>
  readonly onLog: (line: string) => void
  /** Called with the code of each refused request. */
  readonly onRefusal?: (code: string) => unknown
  readonly limits?: Partial<FrontLimits>
}

export interface Front {
  readonly port: number
  /** Current connections. */
  readonly connections: number
  /** Takes no more connections, and closes idle ones. */
  close(): void
  /** Cuts what is left. Resolves when the port is free. */
  destroy(): Promise<void>
}

/** This machine itself: a proxy or tunnel beside the gateway, whose address would count for all its clients. */
const OWN_ADDRESSES: ReadonlySet<string> = new Set(['127.0.0.1', '::1'])

/**
 * Listens for clients instead of workerd, and passes their bytes on to it. It terminates TLS, limits connections and
 * the time for a request, and tells the Worker each client's address (`docs/decisions/023-…`).
 *
 * @throws GatewayError CERTIFICATE_INVALID, PORT_IN_USE, PORT_FORBIDDEN or ADDRESS_UNAVAILABLE
 */
export async function startFront(options: FrontOptions): Promise<Front> {
  const limits: FrontLimits = { ...FRONT_LIMITS, ...options.limits }
  const table = new ConnectionTable(connectionsFor(openFilesLimit(), limits), limits)
  const onRefusal = options.onRefusal ?? (() => {})
  const messages = new UnfinishedMessages(limits.webSocketUnfinishedBytes, limits.addressShare)
  const sockets = new Map<Socket, Place>()
  /** Connections whose end is the end of the answer for the client. */
  const old = new WeakSet<Socket>()
  const tls = options.tls && (await startTls(options.tls))
  const server = createServer(
    {
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: limits.keepAliveMs,
    },
    (socket) => enter(socket),
  )
  const port = await listenFront(server, options.host, options.port)

  function enter(socket: Socket): void {
    const address = addressOf(socket)
    const key = address === undefined ? undefined : (addressKey(address) ?? address)
    const place = table.enter(key, () => socket.destroy())
    // Node has no address for one that is gone already.
    if (place === undefined || socket.remotePort === undefined) {
      place?.leave()
      socket.destroy()
      return
    }
    sockets.set(socket, place)
    socket.once('close', () => {
      sockets.delete(socket)
      place.leave()
    })
    if (tls === undefined) return serve(socket, socket, place, address)
    tls.accept(socket, limits.handshakeMs, (secured) => serve(socket, secured, place, address))
  }

  function serve(socket: Socket, client: Socket, place: Place, address: string | undefined): void {
    const told = address === undefined ? '' : `${CLIENT_ADDRESS_FIELD}: ${address}\r\n`
    const own = `${told}${tls === undefined ? '' : `${SCHEME_FIELD}: https\r\n`}`
    // It lives as long as its socket.
    const key = address === undefined ? undefined : (addressKey(address) ?? address)
    const { dial } = options
    const onRequest = place.settle
    ClientConnection.serve(client, {
      limits,
      own,
      dial,
      onRequest,
      onRefusal,
      messages,
      onOld: () => old.add(socket),
      reset: () => socket.resetAndDestroy(),
      address: key,
    })
  }

  function addressOf({ remoteAddress }: Socket): string | undefined {
    if (!options.knowsClients || remoteAddress === undefined) return undefined
    const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/u, '').replace(/%.*$/u, '')
    return OWN_ADDRESSES.has(address) ? undefined : address
  }

  async function startTls(pair: KeyPair): Promise<Handshakes> {
    const watch = await watchKeyPair(pair, limits.certificateMs, options.onLog)
    return new Handshakes(watch)
  }

  return {
    port,
    get connections() {
      return table.size
    },
    close() {
      server.close()
      table.shedSilent()
    },
    async destroy() {
      tls?.close()
      const closed = new Promise((resolve) => {
        server.close(resolve)
      })
      for (const socket of sockets.keys()) {
        if (old.has(socket)) socket.resetAndDestroy()
        else socket.destroy()
      }
      await closed
    },
  }
}
