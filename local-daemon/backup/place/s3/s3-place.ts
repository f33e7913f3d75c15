import { Readable } from 'node:stream'
import { type BackupPlace, isPlaceName, type StoredFile } from '../backup-place.ts'
import { download } from './download.ts'
import { dropLeftUpload } from './left-upload.ts'
import { keyOf, labelOf } from './s3-address.ts'
import { S3Client, type S3Options } from './s3-client.ts'
import { failed, noS3 } from './s3-fault.ts'
import { S3Error } from './s3-error.ts'
import { element, elements } from './s3-xml.ts'
import { upload } from './upload.ts'

/** A prefix of a bucket of an S3 store: AWS, R2, MinIO and others. Its errors are `S3Error`. */
export function s3Place(options: S3Options): BackupPlace {
  const client = new S3Client(options)
  const { address } = client
  const keyTo = (name: string): string => {
    if (isPlaceName(name)) return keyOf(address, name)
    throw new Error(`${JSON.stringify(name)} is no name of a file in ${labelOf(address)}`)
  }
  return {
    where: labelOf(address),
    async put(name, content) {
      const { uploadNote: note } = options
      if (note !== undefined) await dropLeftUpload(note, client)
      await upload(client, keyTo(name), content as AsyncIterable<Uint8Array>, note)
    },
    async get(name) {
      const key = keyTo(name)
      await client.ask({ method: 'HEAD', key })
      return Readable.from(download(client, key), { objectMode: false })
    },
    list: () => list(client),
    async remove(name) {
      try {
        await client.ask({ method: 'DELETE', key: keyTo(name) })
      } catch (error) {
        if (!(error instanceof S3Error && error.code === 'S3_FILE_MISSING')) throw error
      }
    },
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html: at most 1000 files a page. */
async function list(client: S3Client): Promise<readonly StoredFile[]> {
  const { address, limits } = client
  const prefix = keyOf(address, '')
  const files: StoredFile[] = []
  let token: string | undefined
  let pages = 0
  do {
    const query = {
      ...(token !== undefined && { 'continuation-token': token }),
      delimiter: '/',
      'list-type': '2',
      ...(prefix !== '' && { prefix }),
    }
    const { text } = await client.ask({ method: 'GET', key: '', query })
    // An empty list and the page of a captive portal both name no file.
    if (!/<ListBucketResult[\s>][^]*<\/ListBucketResult>/u.test(text)) throw noS3(labelOf(address))
    for (const entry of elements(text, 'Contents')) {
      const file = storedFile(entry, prefix)
      if (file !== undefined) files.push(file)
    }
    if (files.length > limits.files) throw tooMany(client)
    const next =
      element(text, 'IsTruncated') === 'true' ? element(text, 'NextContinuationToken') : undefined
    pages += 1
    if (next !== undefined && (next === token || pages >= limits.pages))
      throw failed(labelOf(address), 'a list without end')
    token = next
  } while (token !== undefined)
  return files.toSorted((left, right) => (left.name < right.name ? -1 : 1))
}

/** Undefined for what has another form of name: it is not ours. */
function storedFile(entry: string, prefix: string): StoredFile | undefined {
  const key = element(entry, 'Key') ?? ''
  const bytes = Number(element(entry, 'Size'))
  const at = Date.parse(element(entry, 'LastModified') ?? '')
  if (!key.startsWith(prefix) || !Number.isSafeInteger(bytes) || Number.isNaN(at)) return undefined
  const name = key.slice(prefix.length)
  return isPlaceName(name) ? { name, bytes, modifiedAt: at } : undefined
}

function tooMany(client: S3Client): S3Error {
  return new S3Error(
    'S3_REFUSED',
    `${labelOf(client.address)} holds more than ${client.limits.files} files`,
    'give the backups of this daemon a prefix of their own: s3://bucket/prefix',
  )
}
