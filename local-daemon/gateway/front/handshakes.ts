import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import type { KeyPairWatch } from './key-pair-watch.ts'

/** Terminates TLS on connections that were accepted elsewhere, with the current certificate. */
export class Handshakes {
  readonly #watch: KeyPairWatch
  #context: SecureContext

  constructor(watch: KeyPairWatch) {
    this.#watch = watch
    this.#context = createSecureContext(watch.pair)
    watch.onChange = (renewed) => (this.#context = createSecureContext(renewed))
  }

  /**
   * Does one handshake.
   * @param ms longest time for it, milliseconds; then the connection is cut
   */
  accept(socket: Socket, ms: number, go: (secured: TLSSocket) => void): void {
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: this.#context,
      ALPNProtocols: ['http/1.1'],
    })
    const giveUp = (): void => {
      secured.destroy()
    }
    const deadline = setTimeout(giveUp, ms)
    secured.on('error', giveUp)
    secured.once('end', giveUp)
    secured.once('close', () => {
      clearTimeout(deadline)
      socket.destroy()
    })
    secured.once('secure', () => {
      clearTimeout(deadline)
      secured.off('end', giveUp)
      go(secured)
    })
    // Reading makes it notice a client that leaves before the handshake is done.
    secured.resume()
  }

  close(): void {
    this.#watch.close()
  }
}
