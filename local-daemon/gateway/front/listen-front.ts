import type { AddressInfo, Server } from 'node:net'
import { portHolder } from '../../network/port-holder.ts'
import { GatewayError } from '../gateway-error.ts'

/**
 * Listens, and resolves with the port.
 *
 * @param port 0 takes a free one
 * @throws GatewayError PORT_IN_USE, PORT_FORBIDDEN or ADDRESS_UNAVAILABLE
 */
export function listenFront(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)))
    server.listen({ host, port }, () => {
      server.removeAllListeners('error')
      // A connection that could not be accepted is no reason to end: the next one may work.
      server.on('error', () => {})
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function explain(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  if (cause.code === 'EADDRINUSE') {
    return new GatewayError(
      'PORT_IN_USE',
      `port ${port} on ${host} is taken by ${portHolder(port) ?? 'another program'}`,
      'another --port (0 takes a free one), or stop the program that listens there',
      { cause },
    )
  }
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return new GatewayError(
      'PORT_FORBIDDEN',
      'this user may not listen on that port: ports below 1024 are for root and for who has CAP_NET_BIND_SERVICE',
      'sudo spl gateway serve --install-service, whose service has that one right; or --port 8443 behind a TLS proxy',
      { cause },
    )
  }
  return new GatewayError(
    'ADDRESS_UNAVAILABLE',
    `this machine does not have the address ${host} (${cause.message})`,
    '--host with an address of this machine; ip address shows them',
    { cause },
  )
}
