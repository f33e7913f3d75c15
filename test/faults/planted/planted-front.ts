import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A masked close frame with a code and no reason. */
const CLOSE_HEAD = [0x88, 0x82] as const
const CLOSE_BYTES = 8

/** A front with a bug: it drops the close of a WebSocket, whatever its code, and lets everything else through. */
export async function frontThatDropsCloses(
  targetPort: number,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => other.destroy())
    }
    near.on('data', (bytes: Buffer) => {
      if (!isClose(bytes)) far.write(bytes)
    })
    far.on('data', (bytes: Buffer) => near.write(bytes))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function isClose(bytes: Buffer): boolean {
  return bytes.length === CLOSE_BYTES && CLOSE_HEAD.every((byte, at) => bytes[at] === byte)
}
