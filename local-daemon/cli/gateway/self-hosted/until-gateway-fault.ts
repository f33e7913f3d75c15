import { connect } from 'node:net'
import { installLastResort } from '../../../process/last-resort.ts'
import type { Gateway } from '../../../gateway/start-gateway.ts'
import { note } from '../../output/output.ts'

/** Milliseconds in which a gateway that works has long accepted a connection. */
const ACCEPT_MS = 5_000

/**
 * Watches over the process beside workerd. Resolves with the reason when it is to end by a fault of its own.
 *
 * @param host where it listens
 */
export function untilGatewayFault(
  { port }: Pick<Gateway, 'port'>,
  host: string,
): Promise<{ readonly fault: string }> {
  return new Promise((resolve) => {
    installLastResort({
      note: (place, error) =>
        note(`fault (${place}): ${error instanceof Error ? error.stack : String(error)}`),
      serves: () => accepts(port, host),
      end: (why) => resolve({ fault: why }),
    })
  })
}

function accepts(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: ACCEPT_MS })
    socket.once('connect', () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('timeout', () => socket.destroy())
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
