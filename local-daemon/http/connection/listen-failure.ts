import { networkInterfaces } from 'node:os'
import { isExposable, type ListenHost, parseListenHost } from '../../network/listen-host.ts'
import { StartError } from '../../problem/start-error.ts'
import { portHolder } from '../../network/port-holder.ts'

/** Why the daemon cannot listen, in words that name the cause and the next step. */
export function listenFailure(error: NodeJS.ErrnoException, host: ListenHost, port: number): Error {
  const { address } = host
  // Not about the address: the caller explains it.
  if (error.code === 'EMFILE' || error.code === 'ENFILE') return error
  const options = { cause: error }
  if (error.code === 'EADDRINUSE') {
    const holder = portHolder(port)
    return new StartError(
      'PORT_IN_USE',
      `Port ${port} on ${address} is taken by ${holder ?? 'another program'}`,
      `Choose another one, with --port ${port === 65535 ? port - 1 : port + 1}. Who has it: ss -ltnp "sport = :${port}"`,
      options,
    )
  }
  if (error.code === 'EADDRNOTAVAIL') {
    return new StartError(
      'HOST_NOT_HERE',
      `This machine does not have the address ${address}`,
      `Check --host. ${adviceOn(host, ownAddresses())}`,
      options,
    )
  }
  if (error.code === 'EACCES') {
    return new StartError(
      'PORT_NOT_AVAILABLE',
      `Listen on ${address}:${port}: the system keeps this port for root`,
      'Choose a port from 1024 on, with --port 9100. A reverse proxy may have 80 and 443.',
      options,
    )
  }
  return new StartError(
    'PORT_NOT_AVAILABLE',
    `Listen on ${address}:${port}: ${error.message}`,
    'Choose another port, with --port 9100',
    options,
  )
}

/**
 * What to do about an address that does not exist.
 * @param here addresses of this machine that the daemon may listen on, besides loopback
 */
export function adviceOn({ exposure }: ListenHost, here: readonly ListenHost[]): string {
  const suitable = here.map(({ address }) => `--host ${address}`)
  const choose =
    suitable.length === 0
      ? 'This machine has no tailnet or private address now: leave --host out to listen on 127.0.0.1.'
      : `This machine has: ${suitable.join(', ')}.`
  if (exposure !== 'tailnet' || here.some((own) => own.exposure === 'tailnet')) return choose
  return `Bring the tailnet up first: tailscale up, then tailscale ip -4. At boot it may come later than the daemon; a service (spl serve --install-service) tries again until it is there. ${choose}`
}

/** The addresses of this machine that `--host` accepts besides loopback. */
export function ownAddresses(): readonly ListenHost[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ address, internal }) => !internal && isExposable(address))
    .map(({ address }) => parseListenHost(address))
}
