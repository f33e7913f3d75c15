import { type CertificateLife, endsSoon, lifeLeft } from '../../../gateway/certificate-life.ts'
import type { Check } from '../check.ts'
import { type Outside, PROBE_TIMEOUT_MS } from './outside.ts'
import { shakeHands, type Handshake } from '../../client/shake-hands.ts'
import { whyUnreachable } from './why-unreachable.ts'

const NAME = 'certificate'
const DAY_MS = 24 * 3600 * 1000

/** What a server shows, whether or not it is trusted. */
export interface ShownCertificate extends CertificateLife {
  /** Why it is not trusted for the origin's name; undefined if it is. */
  readonly fault: string | undefined
  readonly issuer: string
  readonly names: readonly string[]
}

/** For how long the certificate is good, who signed it, and whether it is for this name. */
export async function probeCertificate(outside: Outside, now = Date.now()): Promise<Check> {
  if (outside.origin.protocol !== 'https:') {
    return { name: NAME, status: 'skip', message: `${outside.origin.origin} has no certificate` }
  }
  try {
    const shown = readCertificate(await shakeHands(outside, PROBE_TIMEOUT_MS))
    return judgeCertificate(outside.origin, shown, now)
  } catch (error) {
    const { message, fix, kind } = whyUnreachable(outside.origin, error)
    return { name: NAME, status: 'fail', message, fix, details: { kind } }
  }
}

/** @param now Unix time, milliseconds */
export function judgeCertificate(origin: URL, shown: ShownCertificate, now: number): Check {
  const { fault, issuer, names, validTo } = shown
  const days = Math.floor((validTo - now) / DAY_MS)
  const details = { issuer, names, days, valid_to: new Date(validTo).toISOString() }
  const of = `The certificate of ${origin.hostname}, signed by ${issuer},`
  if (validTo <= now) {
    return {
      name: NAME,
      status: 'fail',
      message: `${of} expired ${Math.max(1, -days - 1)} days ago`,
      fix: RENEW,
      details,
    }
  }
  if (fault !== undefined) {
    const error = Object.assign(new Error(fault), { code: fault })
    const { message, fix } = whyUnreachable(origin, error)
    return { name: NAME, status: 'fail', message, fix, details: { ...details, fault } }
  }
  const left = lifeLeft(shown, now)
  if (endsSoon(shown, now)) {
    const message = `${of} expires in ${left}`
    return { name: NAME, status: 'warn', message, fix: RENEW, details }
  }
  return { name: NAME, status: 'pass', message: `${of} is valid for ${left}`, details }
}

const RENEW =
  'Renew it: certbot renew --dry-run shows why the renewal failed; Caddy and Traefik write it to their log. Ports 80 and 443 must be open.'

function readCertificate({ certificate, fault }: Handshake): ShownCertificate {
  const { issuer, subjectaltname = '' } = certificate.toLegacyObject()
  const { O, CN } = (issuer ?? {}) as { readonly O?: string; readonly CN?: string }
  const names = subjectaltname.split(', ').filter((name) => name !== '')
  return {
    fault,
    issuer: O ?? CN ?? 'nobody',
    names,
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
  }
}
