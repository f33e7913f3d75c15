import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileFault } from '../../problem/file-fault.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'

/**
 * The PEM file of `--ca`: a certificate to trust.
 *
 * @throws CliError CA_UNREADABLE
 */
export function readCa(path: string): string {
  try {
    const pem = readFileSync(path, 'utf8')
    // It throws where there is none.
    void new X509Certificate(pem)
    return pem
  } catch (cause) {
    throw new CliError(
      'CA_UNREADABLE',
      `cannot read the certificate ${path}: ${fileFault(cause)}`,
      'give --ca the PEM file of the certificate: spl gateway serve --self-signed prints its path',
      EXIT_CODE.usage,
      { cause },
    )
  }
}
