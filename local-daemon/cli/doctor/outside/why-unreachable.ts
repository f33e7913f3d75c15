import { noAddress } from '../../../network/no-address.ts'
import { SilentError } from '../../client/send-request.ts'

export interface Unreachable {
  readonly kind: 'dns' | 'refused' | 'timeout' | 'tls' | 'broken'
  readonly message: string
  readonly fix: string
  readonly code: string | undefined
}

/** Tells apart why there was no answer at all, from the error that Node gives. */
export function whyUnreachable(origin: URL, error: unknown): Unreachable {
  const { code, message, name } = flat(error)
  const { hostname, host, protocol } = origin
  const port = origin.port || (protocol === 'https:' ? '443' : '80')
  const unnamed = noAddress(hostname, { code })
  if (unnamed !== undefined) {
    return { kind: 'dns', code, message: unnamed.message, fix: unnamed.next }
  }
  if (code === 'ECONNREFUSED') {
    return {
      kind: 'refused',
      code,
      message: `Nothing listens on port ${port} of ${hostname}`,
      fix: 'Start the server there: spl gateway serve on its machine, or the proxy (systemctl status caddy, nginx, traefik, cloudflared).',
    }
  }
  if (error instanceof SilentError || name === 'TimeoutError' || LOST.has(code ?? '')) {
    return {
      kind: 'timeout',
      code,
      message: `${host} did not answer in time`,
      fix: `Open port ${port} in the firewall of the machine and in the router’s port forwarding. From the machine itself, the router may not route back inside.`,
    }
  }
  const tls = TLS.find(([pattern]) => pattern.test(code ?? '') || pattern.test(message))
  if (tls !== undefined) {
    const [, text, fix] = tls
    return { kind: 'tls', code, message: `${host}: ${text}`, fix }
  }
  return {
    kind: 'broken',
    code,
    message: `The connection to ${host} broke: ${message}`,
    fix: 'See the log of the proxy for the same moment.',
  }
}

const LOST = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ABORT_ERR'])

const TLS: readonly (readonly [RegExp, string, string])[] = [
  [
    /CERT_HAS_EXPIRED/,
    'the certificate has expired',
    'Renew it and reload the proxy: certbot renew, or see the log of Caddy or Traefik.',
  ],
  [
    /CERT_NOT_YET_VALID/,
    'the certificate is not valid yet',
    'Check the clock of this machine: timedatectl.',
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    'the certificate is for another name',
    'Let the proxy use a certificate for this hostname.',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|CERT_UNTRUSTED/,
    'this machine does not trust the authority that signed the certificate',
    'Use a certificate from a public authority with its whole chain: fullchain.pem, not cert.pem. For a self-signed one, set NODE_EXTRA_CA_CERTS to its file.',
  ],
  [
    /EPROTO|ERR_SSL|wrong version number|packet length too long/i,
    'the server there does not speak TLS',
    'Check the port, and that the proxy has a certificate for this hostname.',
  ],
  [
    /ECONNRESET|socket hang up|socket disconnected/,
    'the connection was closed before an answer came',
    'Check that the proxy has a site for this hostname, and see its log.',
  ],
]

/** Of several addresses that were tried, the first one's error speaks for all. */
function flat(error: unknown): { code: string | undefined; message: string; name: string } {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const { code, message = '', name = '' } = first as NodeJS.ErrnoException
  return { code: typeof code === 'string' ? code : undefined, message: message || name, name }
}
