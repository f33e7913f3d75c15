import { readFileSync } from 'node:fs'
import { fileFault } from '../../problem/file-fault.ts'
import { StartError } from '../../problem/start-error.ts'

/**
 * The certificate authority to trust for the gateway.
 *
 * @param pemOrPath PEM, or the path of its file
 * @throws StartError GATEWAY_CA_UNREADABLE
 */
export function readGatewayCa(pemOrPath: string): string {
  if (pemOrPath.includes('-----BEGIN')) return pemOrPath
  try {
    return readFileSync(pemOrPath, 'utf8')
  } catch (cause) {
    throw new StartError(
      'GATEWAY_CA_UNREADABLE',
      `cannot read the certificate ${pemOrPath}: ${fileFault(cause)}`,
      'Give --gateway-ca the path of a PEM file that this user may read',
      { cause },
    )
  }
}
