import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP link to a port on loopback, which a test can cut or freeze. */
export interface Link extends AsyncDisposable {
  readonly origin: string
  /** Connections made so far. */
  readonly made: () => number
  /** Every connection is gone, without a goodbye. */
  cut(): void
  /** Open connections carry nothing from now on, and neither end notices: as with a sleeping laptop, or a dead NAT. */
  freeze(): void
  /** New connections are refused from now on, or taken again. */
  close(): void
  open(): void
}

export async function aLink(port: number): Promise<Link> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let made = 0
  let closed = false
  const server = createServer((near) => {
    if (closed) return near.destroy()
    made += 1
    const far = connect(port, '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [one, other] of [pair, [far, near] as const]) {
      one.setNoDelay(true)
      one.pipe(other)
      one.on('error', () => {})
      one.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    made: () => made,
    cut,
    freeze() {
      for (const [near, far] of pairs) {
        near.unpipe(far).pause()
        far.unpipe(near).pause()
      }
    },
    close: () => void (closed = true),
    open: () => void (closed = false),
    async [Symbol.asyncDispose]() {
      closed = true
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
