import { noAddress } from '../../network/no-address.ts'
import { UNTRUSTED } from '../../tunnel/dial/certificate-fault.ts'

/** What to tell of a request that got no answer. */
interface NoAnswer {
  readonly message: string
  /** Another next step than to check the address. */
  readonly next?: string
}

/**
 * Tells apart why no answer came, in words of this program: Node names options of its own, and calls a server that is there
 * and not trusted an error like any other.
 *
 * @param trust what makes a certificate trusted: an option, a command, a variable
 */
export function noAnswer(
  { origin, hostname, protocol, host }: URL,
  cause: Error,
  trust: string,
): NoAnswer {
  const { code = '', message } = cause as NodeJS.ErrnoException
  if (UNTRUSTED.has(code)) {
    return {
      message: `a server answers at ${origin}, but this machine does not trust its certificate (${code})`,
      next: `if the certificate is self-signed: ${trust}`,
    }
  }
  const unnamed = noAddress(hostname, cause)
  if (unnamed !== undefined) return unnamed
  if (protocol === 'http:' && (code === 'ECONNRESET' || code.startsWith('HPE_'))) {
    return {
      message: `the server at ${origin} closes the connection: it may expect https (${message})`,
      next: `https://${host}`,
    }
  }
  return { message: `nothing answers at ${origin}: ${message}` }
}
