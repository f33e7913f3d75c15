import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import { parseS3Address, type S3Address } from '../../../local-daemon/backup/place/s3/s3-address.ts'
import type { S3Credentials } from '../../../local-daemon/backup/place/s3/s3-credentials.ts'

export const BUCKET = 'backups'

/** The package's own account. */
export const CREDENTIALS: S3Credentials = {
  accessKeyId: 'S3RVER',
  secretAccessKey: 'S3RVER',
  sessionToken: undefined,
}

/** An S3 server on loopback that checks signatures and clocks, with one empty bucket. */
export interface S3Server {
  readonly endpoint: string
  /** The directory with its files. */
  readonly directory: string
  /** How many parts of uploads it has that did not end. */
  parts(): number
  /** `s3://backups/<prefix>` at this server. */
  address(prefix?: string, endpoint?: string): S3Address
  [Symbol.asyncDispose](): Promise<void>
}

/** @param tls key and certificate as PEM */
export async function anS3Server(tls?: {
  readonly key: string
  readonly cert: string
}): Promise<S3Server> {
  const directory = mkdtempSync(join(tmpdir(), 'spl-s3-'))
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: BUCKET }],
    ...tls,
  })
  const uploads = join(directory, BUCKET, '._S3rver_uploads')
  // The package knows no AbortMultipartUpload.
  server.middleware.unshift(async (passage, next) => {
    const { uploadId } = passage.query
    if (passage.method !== 'DELETE' || uploadId === undefined) return next()
    rmSync(join(uploads, basename(uploadId)), { recursive: true, force: true })
    passage.status = 204
  })
  const { port } = await server.run()
  const endpoint = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  return {
    endpoint,
    directory,
    parts: () =>
      existsSync(uploads)
        ? readdirSync(uploads, { recursive: true }).filter((name) => /\/\d+$/u.test(String(name)))
            .length
        : 0,
    address: (prefix = '', at = endpoint) =>
      parseS3Address(`s3://${BUCKET}/${prefix}?endpoint=${at}`, {}),
    async [Symbol.asyncDispose]() {
      await server.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
