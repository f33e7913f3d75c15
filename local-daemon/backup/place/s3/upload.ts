import { dropUpload, forgetUpload, noteUpload } from './left-upload.ts'
import { labelOf } from './s3-address.ts'
import type { S3Client } from './s3-client.ts'
import { S3Error } from './s3-error.ts'
import { failed } from './s3-fault.ts'
import { element } from './s3-xml.ts'

/**
 * Stores a stream of unknown length under a key, whole or not at all, with one part of it in memory. Every request carries the
 * SHA-256 of its body, and the stored size is compared at the end. If anything fails, no part is left, as far as the store can be asked.
 *
 * @param note a file that remembers the upload while it has parts: see `dropLeftUpload`
 * @throws S3Error, or what the stream throws
 */
export async function upload(
  client: S3Client,
  key: string,
  bytes: AsyncIterable<Uint8Array>,
  note?: string,
): Promise<void> {
  const parts = partsOf(bytes, client.limits.partBytes)
  const first = await parts.next()
  const body = first.done === true ? new Uint8Array() : first.value
  const size =
    body.byteLength < client.limits.partBytes
      ? await putWhole(client, key, body)
      : await putParts(client, key, joined(body, parts), note)
  await requireSize(client, key, size)
}

async function putWhole(client: S3Client, key: string, body: Uint8Array): Promise<number> {
  await client.ask({ method: 'PUT', key, body })
  return body.byteLength
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
async function putParts(
  client: S3Client,
  key: string,
  parts: AsyncIterable<Uint8Array>,
  note: string | undefined,
): Promise<number> {
  const begun = await client.ask({ method: 'POST', key, query: { uploads: '' } })
  const uploadId = element(begun.text, 'UploadId')
  if (uploadId === undefined) throw failed(labelOf(client.address), 'no UploadId')
  const tags: string[] = []
  let size = 0
  const put = async (body: Uint8Array): Promise<void> => {
    if (tags.length >= client.limits.parts) throw tooLarge(client)
    const query = { partNumber: String(tags.length + 1), uploadId }
    const { headers } = await client.ask({ method: 'PUT', key, query, body })
    tags.push(headers.etag ?? '')
    size += body.byteLength
  }
  try {
    if (note !== undefined) noteUpload(note, client, key, uploadId)
    for await (const body of parts) await put(body)
    await complete(client, key, uploadId, tags)
    if (note !== undefined) forgetUpload(note)
    return size
  } catch (error) {
    const isGone = await dropUpload(client, { key, uploadId, despiteSignal: true })
    if (isGone && note !== undefined) forgetUpload(note)
    // Why the upload failed is what counts.
    throw error
  }
}

async function complete(
  client: S3Client,
  key: string,
  uploadId: string,
  tags: readonly string[],
): Promise<void> {
  const parts = tags.map(
    (tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`,
  )
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`)
  const { text } = await client.ask({ method: 'POST', key, query: { uploadId }, body })
  // AWS sends 200 at once and may fail afterwards, in the body.
  const fault = element(text, 'Code')
  if (fault !== undefined)
    throw failed(labelOf(client.address), fault.slice(0, 40).replaceAll(/\W/gu, ''))
}

async function* joined(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}

/** Cuts a stream into pieces of one size; the last may be shorter. */
async function* partsOf(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  let part = Buffer.allocUnsafeSlow(size)
  let filled = 0
  for await (const chunk of bytes) {
    for (let from = 0; from < chunk.byteLength;) {
      const taken = Math.min(size - filled, chunk.byteLength - from)
      part.set(chunk.subarray(from, from + taken), filled)
      filled += taken
      from += taken
      if (filled < size) continue
      yield part
      part = Buffer.allocUnsafeSlow(size)
      filled = 0
    }
  }
  if (filled > 0) yield part.subarray(0, filled)
  return undefined
}

async function requireSize(client: S3Client, key: string, size: number): Promise<void> {
  const { headers } = await client.ask({ method: 'HEAD', key })
  const stored = Number(headers['content-length'])
  if (stored === size) return
  throw failed(labelOf(client.address), `it stored ${stored} of ${size} bytes`)
}

function tooLarge(client: S3Client): S3Error {
  const { parts, partBytes } = client.limits
  return new S3Error(
    'S3_FILE_TOO_LARGE',
    `The file is larger than ${parts} parts of ${partBytes} bytes, the most that an S3 store takes`,
    'keep this backup on a disk; spl doctor shows the largest threads',
  )
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
