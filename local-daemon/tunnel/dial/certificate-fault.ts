import { sayNoAddress } from '../../network/no-address.ts'
import { ProxyError } from '../../network/proxy.ts'

/** OpenSSL's and Node's codes for a certificate that is not trusted. */
export const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
])

/**
 * What to say of an error of a connection to the gateway: Node's own words, but for a name without an address, and for a
 * certificate that is not trusted: there Node names options of its own, and the daemon has one.
 */
export function sayDialFault(cause: Error): string {
  if (cause instanceof ProxyError) return `${cause.message} [${cause.code}]; ${cause.try}`
  const unnamed = sayNoAddress(cause)
  if (unnamed !== undefined) return unnamed
  const { code } = cause as NodeJS.ErrnoException
  if (code === undefined || !UNTRUSTED.has(code)) return cause.message
  return `the gateway's certificate is not trusted (${code}); if it made it itself, name its file: spl serve --restart --gateway-ca <file>`
}
