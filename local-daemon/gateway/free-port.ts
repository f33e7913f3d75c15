import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** Lets the system choose. */
const ANY = 0

/**
 * A port that is free at this moment, 0 where there is none to be had: who is told it before it is listened to may lose it to somebody else, and then asks
 * again.
 *
 * @param host address of this machine
 */
export async function freePort(host: string): Promise<number> {
  const server = createServer()
  server.listen(0, host)
  try {
    await once(server, 'listening')
  } catch {
    // Why not is for whoever is to listen there to say.
    return ANY
  }
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
