import { isIP } from 'node:net'
import { connect } from 'node:tls'

const DAY_MS = 24 * 60 * 60 * 1000

/** The certificate that a host shows, and whether it is believed here. */
export interface ShownCertificate {
  readonly subject: string
  readonly issuer: string
  /** ISO 8601. */
  readonly valid_to: string
  /** Whole days until its end; negative after it. */
  readonly days_left: number
  /** Why it is not believed; null if it is. */
  readonly fault: string | null
}

/**
 * Makes a TLS connection and reads the certificate, also one that is not believed.
 *
 * @param ca PEM that is trusted beside the system's authorities
 * @throws Error when no connection comes about in time
 */
export function showCertificate(
  origin: URL,
  ca: string | undefined,
  withinMs: number,
): Promise<ShownCertificate> {
  return new Promise((resolve, reject) => {
    const host = origin.hostname.replaceAll(/^\[|\]$/gu, '')
    const socket = connect({
      host,
      port: Number(origin.port || 443),
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca }),
      rejectUnauthorized: false,
    })
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), withinMs)
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
    socket.once('secureConnect', () => {
      const shown = socket.getPeerX509Certificate()
      const fault = socket.authorized ? null : String(socket.authorizationError)
      socket.destroy()
      if (shown === undefined) return reject(new Error('it shows no certificate'))
      const end = Date.parse(shown.validTo)
      resolve({
        subject: oneLine(shown.subject),
        issuer: oneLine(shown.issuer),
        valid_to: new Date(end).toISOString(),
        days_left: Math.floor((end - Date.now()) / DAY_MS),
        fault,
      })
    })
  })
}

/** Node gives a distinguished name one part a line. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').filter(Boolean).join(', ')
}
