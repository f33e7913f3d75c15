import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { urlOf } from './s3-address.ts'
import type { S3Client } from './s3-client.ts'
import { S3Error } from './s3-error.ts'

/** Where the parts of an upload go. */
const LeftUpload = z.strictObject({
  /** Address of the file that they would become. */
  url: z.string(),
  key: z.string(),
  upload_id: z.string(),
})

/** Before the first part: nobody sees parts in a bucket, and they cost money. A full disk keeps no backup from being sent. */
export function noteUpload(file: string, client: S3Client, key: string, uploadId: string): void {
  const left = { url: urlOf(client.address, key).href, key, upload_id: uploadId }
  bestEffort(() => writeFileSync(file, JSON.stringify(left), { mode: 0o600, flush: true }))
}

export function forgetUpload(file: string): void {
  bestEffort(() => rmSync(file, { force: true }))
}

/**
 * Removes the parts of the upload that was noted last, if it did not end: of a killed daemon, or one whose bucket could not be reached
 * any more. Never rejects: what cannot be removed now must not keep a backup from being sent.
 */
export async function dropLeftUpload(file: string, client: S3Client): Promise<void> {
  const left = readLeft(file)
  if (left === undefined || left.url !== urlOf(client.address, left.key).href) return
  if (await dropUpload(client, { key: left.key, uploadId: left.upload_id })) forgetUpload(file)
}

/** Never rejects; false if the store may still have them. @param upload `despiteSignal`: also after the signal to stop */
export async function dropUpload(
  client: S3Client,
  upload: { readonly key: string; readonly uploadId: string; readonly despiteSignal?: boolean },
): Promise<boolean> {
  const { key, uploadId, despiteSignal = false } = upload
  try {
    await client.ask({ method: 'DELETE', key, query: { uploadId }, despiteSignal })
    return true
  } catch (error) {
    // Refused: the store does not know it any more, or this key may not; asking again changes nothing.
    return error instanceof S3Error && !/^S3_(?:FAILED|UNREACHABLE)$/u.test(error.code)
  }
}

function bestEffort(work: () => void): void {
  try {
    work()
  } catch {
    // Parts that stay cost money; a backup that is not sent can cost all.
  }
}

function readLeft(file: string): z.infer<typeof LeftUpload> | undefined {
  try {
    return LeftUpload.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}
