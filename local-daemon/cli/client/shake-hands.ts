import type { X509Certificate } from 'node:crypto'
import { isIP, type LookupFunction } from 'node:net'
import { connect } from 'node:tls'

export interface HandshakeWish {
  readonly origin: URL
  /** PEM that is trusted beside the system's authorities. */
  readonly ca?: string | undefined
  readonly lookup?: LookupFunction | undefined
}

/** What a TLS server shows, believed or not. */
export interface Handshake {
  readonly certificate: X509Certificate
  /** Why it is not believed for the origin's name, a code of OpenSSL or Node; undefined if it is. */
  readonly fault: string | undefined
}

/**
 * Makes a TLS connection, looks at the certificate and sends nothing.
 *
 * @param withinMs milliseconds for all of it, also for a server that never falls silent
 * @throws Error when no connection comes about in time
 */
export function shakeHands(
  { origin, ca, lookup }: HandshakeWish,
  withinMs: number,
): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const host = origin.hostname.replaceAll(/^\[|\]$/gu, '')
    const socket = connect({
      host,
      port: Number(origin.port || 443),
      // An address is no server name (RFC 6066).
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca }),
      ...(lookup !== undefined && { lookup }),
      rejectUnauthorized: false,
    })
    const late = Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })
    const timer = setTimeout(() => socket.destroy(late), withinMs)
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()
      // What Node says is the code, as text.
      const fault = socket.authorized ? undefined : String(socket.authorizationError)
      socket.destroy()
      if (certificate === undefined) reject(new Error('it shows no certificate'))
      else resolve({ certificate, fault })
    })
  })
}
