import { createPrivateKey, X509Certificate } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { detach } from '../../../protocol/detach.ts'
import { GatewayError } from '../gateway-error.ts'
import { readPem } from '../read-pem.ts'
import type { KeyPair } from '../self-signed.ts'

/** PEM texts of a certificate with its chain, and of its key. */
export interface PemPair {
  readonly cert: string
  readonly key: string
}

export interface KeyPairWatch {
  readonly pair: PemPair
  /** Called with a renewed pair. */
  onChange: (pair: PemPair) => void
  close(): void
}

/**
 * Reads a certificate and its key, and again when the files change, so a renewal needs no restart. Files that do not match
 * are ignored, as in the middle of a renewal, and the previous pair stays in use.
 *
 * @param everyMs how often the files are checked, milliseconds
 * @throws GatewayError CERTIFICATE_INVALID
 */
export async function watchKeyPair(
  files: KeyPair,
  everyMs: number,
  onLog: (line: string) => void,
): Promise<KeyPairWatch> {
  const pair = await readPair(files)
  let seen = await marks(files)
  let failed: string | undefined
  const watch = {
    pair,
    onChange: (_pair: PemPair): void => {},
    close: () => clearInterval(timer),
  }
  const timer = setInterval(() => detach(look(), () => {}), everyMs)
  timer.unref()
  return watch

  async function look(): Promise<void> {
    const now = await marks(files)
    if (now === seen) return
    try {
      const next = await readPair(files)
      seen = now
      if (next.cert === watch.pair.cert && next.key === watch.pair.key) return
      watch.pair = next
      watch.onChange(next)
      onLog(`the certificate ${files.cert} was renewed and is in use`)
    } catch (error) {
      if (now !== failed) onLog(`the certificate before stays in use: ${(error as Error).message}`)
      failed = now
    }
  }
}

async function marks({ cert, key }: KeyPair): Promise<string> {
  const all = await Promise.all(
    [cert, key].map(async (path) => {
      const { ino, mtimeMs, size } = await stat(path)
      return `${ino} ${mtimeMs} ${size}`
    }),
  )
  return all.join(' ')
}

async function readPair(files: KeyPair): Promise<PemPair> {
  try {
    const [cert, key] = await Promise.all([readPem(files.cert), readPem(files.key)])
    const certificate = new X509Certificate(cert)
    if (!certificate.checkPrivateKey(createPrivateKey(key))) {
      throw new Error(`${files.key} is not its key`)
    }
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (cause) {
    throw new GatewayError(
      'CERTIFICATE_INVALID',
      `read certificate ${files.cert}: ${(cause as Error).message}`,
      'give --tls-cert a PEM file with the certificate first and its chain after it, and --tls-key its key',
      { cause },
    )
  }
}
