import { endsSoon } from '../../../gateway/certificate-life.ts'
import { shakeHands } from '../../client/shake-hands.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** The certificate that a host shows, and whether it is believed here. */
export interface ShownCertificate {
  readonly subject: string
  readonly issuer: string
  /** ISO 8601. */
  readonly valid_to: string
  /** Whole days until its end; negative after it. */
  readonly days_left: number
  /** So little of its life is left that it should have been renewed. */
  readonly ends_soon: boolean
  /** Why it is not believed; null if it is. */
  readonly fault: string | null
}

/**
 * Makes a TLS connection and reads the certificate, also one that is not believed.
 *
 * @param ca PEM that is trusted beside the system's authorities
 * @throws Error when no connection comes about in time
 */
export async function showCertificate(
  origin: URL,
  ca: string | undefined,
  withinMs: number,
): Promise<ShownCertificate> {
  const { certificate, fault } = await shakeHands({ origin, ca }, withinMs)
  const end = Date.parse(certificate.validTo)
  const now = Date.now()
  const life = { validFrom: Date.parse(certificate.validFrom), validTo: end }
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    valid_to: new Date(end).toISOString(),
    days_left: Math.floor((end - now) / DAY_MS),
    ends_soon: endsSoon(life, now),
    fault: fault ?? null,
  }
}

/** Node gives a distinguished name one part a line. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').filter(Boolean).join(', ')
}
