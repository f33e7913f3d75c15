import type { IncomingMessage } from 'node:http'
import { labelOf } from './s3-address.ts'
import type { S3Client } from './s3-client.ts'
import { S3Error } from './s3-error.ts'
import { steadyChunks } from './steady-chunks.ts'

/**
 * The bytes of a key. A download that is cut, or becomes too slow, continues at the same byte of the same file, as long as the tries bring
 * what the slowest store brings in a second.
 *
 * @throws S3Error S3_DOWNLOAD_CUT, S3_FILE_MISSING and others
 */
export async function* download(
  client: S3Client,
  key: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0
  let length: number | undefined
  let tag: string | undefined
  const { tries, slowestBytesPerSecond: least } = client.limits
  for (let idle = 0; ;) {
    const response = await client.open({ method: 'GET', key, headers: rangeFrom(at, tag) })
    const rest = Number(response.headers['content-length'])
    // A store that ignores the range begins anew: what was read already is left out.
    let skip = at > 0 && response.statusCode !== 206 ? at : 0
    length ??= Number.isSafeInteger(rest) ? rest : undefined
    tag ??= response.headers.etag
    if (at > 0 && (tag !== response.headers.etag || !fits(response, at, length)))
      throw replaced(client)
    const before = at
    try {
      for await (const chunk of steadyChunks(response, client.limits)) {
        const news = chunk.subarray(skip)
        skip -= chunk.length - news.length
        at += news.length
        if (news.length > 0) yield news
      }
    } catch (cause) {
      client.throwIfStopped()
      if (at === length) return
      idle = at >= before + least ? 0 : idle + 1
      if (idle >= tries) throw cut(client, at, length, cause)
      continue
    }
    if (length === undefined || at === length) return
    idle = at >= before + least ? 0 : idle + 1
    if (idle >= tries) throw cut(client, at, length, undefined)
  }
}

/** `If-Match`: the file may be replaced in between. */
function rangeFrom(at: number, tag: string | undefined): Record<string, string> {
  if (at === 0) return {}
  return { range: `bytes=${at}-`, ...(tag !== undefined && { 'if-match': tag }) }
}

function fits(response: IncomingMessage, at: number, length: number | undefined): boolean {
  if (response.statusCode !== 206) return true
  return response.headers['content-range'] === `bytes ${at}-${(length ?? 0) - 1}/${length}`
}

function replaced(client: S3Client): S3Error {
  return new S3Error(
    'S3_DOWNLOAD_CUT',
    `A file in ${labelOf(client.address)} was replaced while it was read`,
    'run the same command again; find out who else writes to this bucket',
  )
}

function cut(client: S3Client, at: number, length: number | undefined, cause: unknown): S3Error {
  return new S3Error(
    'S3_DOWNLOAD_CUT',
    `The download from ${labelOf(client.address)} was cut at ${at} of ${length ?? 'unknown'} bytes, again and again`,
    'run the same command again on a better connection; nothing was changed',
    { cause },
  )
}
