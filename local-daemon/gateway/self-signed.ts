import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { endsSoon } from './certificate-life.ts'
import { readPem } from './read-pem.ts'

/** Days that a new certificate is valid. Browsers refuse more than 398. */
const VALID_DAYS = 365
const DAY_MS = 24 * 60 * 60 * 1000

/** Paths of two PEM files. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

/**
 * A self-signed certificate for hostnames, `localhost` and the loopback addresses, kept in a
 * directory (files 0600) and made again only if it is missing, damaged, for another name, or close to
 * its end. So a client that has the file once keeps trusting it.
 *
 * @param hostnames the public one first; `*.spl.example.com` stands for all of one level
 * @param now milliseconds since the epoch
 */
export async function selfSignedCertificate(
  directory: string,
  hostnames: string | readonly string[],
  now: number,
): Promise<KeyPair> {
  const names = typeof hostnames === 'string' ? [hostnames] : hostnames
  const pair = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
  if (await serves(pair, names, now)) return pair
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const made = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: alternativeNames(names) },
    ],
  })
  await replaceFile(pair.key, made.private)
  await replaceFile(pair.cert, made.cert)
  return pair
}

async function serves(pair: KeyPair, hostnames: readonly string[], now: number): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readPem(pair.cert))
    const key = createPrivateKey(await readPem(pair.key))
    const named = hostnames.every((name) => isNamed(certificate, name))
    const validFrom = Date.parse(certificate.validFrom)
    const validTo = Date.parse(certificate.validTo)
    return named && !endsSoon({ validFrom, validTo }, now) && certificate.checkPrivateKey(key)
  } catch {
    return false
  }
}

/** A pattern is tested with a name that it matches. */
function isNamed(certificate: X509Certificate, name: string): boolean {
  if (isIP(name)) return certificate.checkIP(name) !== undefined
  return certificate.checkHost(name.replace(/^\*/u, 'any')) !== undefined
}

function alternativeNames(
  hostnames: readonly string[],
): { type: 2 | 7; value?: string; ip?: string }[] {
  const names = [...new Set([...hostnames, 'localhost', '127.0.0.1', '::1'])]
  return names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name }))
}

/** Written to another file and renamed, so that a crash leaves the old file or the new one, never half of one. */
async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
