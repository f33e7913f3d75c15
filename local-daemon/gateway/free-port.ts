import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/**
 * A port that is free at this moment: who is told it before it is listened to may lose it to somebody else, and then asks
 * again.
 *
 * @param host address of this machine
 */
export async function freePort(host: string): Promise<number> {
  const server = createServer()
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
