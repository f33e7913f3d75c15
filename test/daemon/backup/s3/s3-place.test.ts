import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { urlOf } from '../../../../local-daemon/backup/place/s3/s3-address.ts'
import type { S3Options } from '../../../../local-daemon/backup/place/s3/s3-client.ts'
import { s3Place } from '../../../../local-daemon/backup/place/s3/s3-place.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { aFaultyWay, type Fate } from '../../../support/s3/faulty-way.ts'
import { anS3Server, BUCKET, CREDENTIALS, type S3Server } from '../../../support/s3/s3-server.ts'

const NO_SUCH_UPLOAD = '<Error><Code>NoSuchUpload</Code></Error>'
const PASS: Fate = { kind: 'pass' }
/** Pauses of nothing, and parts of 64 KiB. */
const limits = { firstPauseMs: 1, longestPauseMs: 1, partBytes: 65_536, silenceMs: 400 }

function placeAt(server: S3Server, endpoint?: string, more: Partial<S3Options> = {}) {
  const address = server.address('home/one', endpoint)
  return s3Place({ address, credentials: () => CREDENTIALS, limits, ...more })
}

/** Pieces that do not fit into parts. */
function inPieces(bytes: Buffer, piece = 10_007): Readable {
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / piece) }, (_, at) =>
      bytes.subarray(at * piece, (at + 1) * piece),
    ),
  )
}

describe('an S3 store', () => {
  test('gives back what was put in, lists it by name, and forgets what is removed', async () => {
    await using server = await anS3Server()
    const place = placeAt(server)
    expect(await place.list()).toEqual([])
    await place.put('b.age', Readable.from([Buffer.from('one'), Buffer.from('two')]))
    await place.put('a.age', Readable.from([Buffer.from('first')]))
    await place.put('a.age', Readable.from([Buffer.from('second')]))
    expect(await text(await place.get('a.age'))).toBe('second')
    const listed = await place.list()
    expect(listed.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['a.age', 6],
      ['b.age', 6],
    ])
    expect(Math.abs((listed[0]?.modifiedAt ?? 0) - Date.now())).toBeLessThan(60_000)
    await place.remove('b.age')
    await place.remove('b.age')
    await expect(place.get('b.age')).rejects.toMatchObject({ code: 'S3_FILE_MISSING' })
    expect((await place.list()).map(({ name }) => name)).toEqual(['a.age'])
    expect(place.where).toBe(`s3://${BUCKET}/home/one`)
  })

  test('sees nothing of other prefixes, of folders, and of names that are not ours', async () => {
    await using server = await anS3Server()
    const place = placeAt(server)
    const credentials = () => CREDENTIALS
    await place.put('mine', Readable.from([Buffer.from('x')]))
    for (const other of ['home', 'home/one/below', 'home/one-more']) {
      const address = server.address(other)
      await s3Place({ address, credentials, limits }).put('x', Readable.from([Buffer.from('x')]))
    }
    expect((await place.list()).map(({ name }) => name)).toEqual(['mine'])
    await expect(place.get('../one/mine')).rejects.toThrow(/is no name of a file/)
  })

  test('asks for page after page of a long list, as S3 gives them', async () => {
    const page = (names: readonly string[], more: string): string =>
      `<ListBucketResult><IsTruncated>${more !== ''}</IsTruncated>${names
        .map(
          (name) =>
            `<Contents><Key>home/one/${name}</Key><LastModified>2026-11-30T08:00:00.000Z</LastModified><Size>7</Size></Contents>`,
        )
        .join('')}${more}</ListBucketResult>`
    const first = Array.from({ length: 1000 }, (_, at) => `n${1000 + at}`)
    await using server = await anS3Server()
    await using way = await aFaultyWay(server.endpoint, ({ path }) => ({
      kind: 'answer',
      status: 200,
      text: path.includes('continuation-token=a%2Fb%3D%26')
        ? page(['n0', 'sub/x', '.hidden'], '')
        : page(first, '<NextContinuationToken>a/b=&amp;</NextContinuationToken>'),
    }))
    const listed = await placeAt(server, way.endpoint).list()
    expect(listed.map(({ name }) => name)).toEqual(['n0', ...first])
    expect(listed[0]).toEqual({ name: 'n0', bytes: 7, modifiedAt: Date.UTC(2026, 10, 30, 8) })
  })

  test('does not follow a list without end', async () => {
    await using server = await anS3Server()
    const text =
      '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken></ListBucketResult>'
    await using way = await aFaultyWay(server.endpoint, () => ({
      kind: 'answer',
      status: 200,
      text,
    }))
    await expect(placeAt(server, way.endpoint).list()).rejects.toMatchObject({ code: 'S3_FAILED' })
    expect(way.seen.length).toBe(2)
  })

  test.each([0, 1, 65_535, 65_536, 65_537, 300_001])(
    'keeps a file of %i bytes as it is',
    async (size) => {
      await using server = await anS3Server()
      const place = placeAt(server)
      const bytes = randomBytes(size)
      await place.put('file', inPieces(bytes))
      expect((await buffer(await place.get('file'))).equals(bytes)).toBe(true)
    },
  )

  test('takes a large file in parts of one size, and reads no further than the part that is under way', async () => {
    await using server = await anS3Server()
    let read = 0
    await using way = await aFaultyWay(server.endpoint, ({ body }) => {
      ahead = Math.max(ahead, read - sent)
      sent += body.length
      return PASS
    })
    let ahead = 0
    let sent = 0
    async function* source(): AsyncGenerator<Buffer> {
      for (let left = 40; left > 0; left -= 1) {
        read += 16_384
        yield Buffer.alloc(16_384, left)
      }
    }
    await placeAt(server, way.endpoint).put('file', Readable.from(source(), { highWaterMark: 1 }))
    const parts = way.seen.filter(({ path }) => path.includes('partNumber='))
    expect(parts.map(({ body }) => body.length)).toEqual(Array.from({ length: 10 }, () => 65_536))
    expect(ahead).toBeLessThan(3 * 65_536)
  })

  test('leaves no part of an upload whose content breaks off', async () => {
    await using server = await anS3Server()
    await using way = await aFaultyWay(server.endpoint, () => PASS)
    async function* source(): AsyncGenerator<Buffer> {
      yield randomBytes(200_000)
      throw new Error('the disk failed')
    }
    const place = placeAt(server, way.endpoint)
    await place.put('file', Readable.from([Buffer.from('the one before')]))
    await expect(place.put('file', Readable.from(source()))).rejects.toThrow('the disk failed')
    const last = way.seen.at(-1)
    expect(last?.method).toBe('DELETE')
    expect(last?.path).toMatch(/^\/backups\/home\/one\/file\?uploadId=[0-9a-f]{32}$/)
    expect(await text(await place.get('file'))).toBe('the one before')
  })

  test('stops at a signal, and still asks the store to drop the parts', async () => {
    await using server = await anS3Server()
    const stop = new AbortController()
    await using way = await aFaultyWay(server.endpoint, ({ path }) => {
      if (path.includes('partNumber=3')) stop.abort(new Error('stopped'))
      return PASS
    })
    const place = placeAt(server, way.endpoint, { signal: stop.signal })
    await expect(place.put('file', inPieces(randomBytes(400_000)))).rejects.toThrow('stopped')
    expect(way.seen.at(-1)?.method).toBe('DELETE')
    expect(way.seen.some(({ path }) => path.includes('partNumber=4'))).toBe(false)
  })

  test('removes the parts of an upload that was cut off, before it takes the next file', async () => {
    await using server = await anS3Server()
    using home = aHome()
    let isCut = true
    await using way = await aFaultyWay(server.endpoint, ({ method, path }) =>
      isCut && (method === 'DELETE' || path.includes('partNumber=4'))
        ? { kind: 'answer', status: 503 }
        : PASS,
    )
    const uploadNote = join(home.path, 'backup.upload')
    const place = placeAt(server, way.endpoint, { uploadNote })
    await expect(place.put('file', inPieces(randomBytes(400_000)))).rejects.toMatchObject({
      code: 'S3_FAILED',
    })
    expect(server.parts()).toBe(3)
    isCut = false
    // As after a kill: nothing knows of it but the note. It says nothing to another server.
    const other = s3Place({
      address: server.address('home/one'),
      credentials: () => CREDENTIALS,
      limits,
      uploadNote,
    })
    await other.put('small', Readable.from([Buffer.from('x')]))
    expect(server.parts()).toBe(3)
    await placeAt(server, way.endpoint, { uploadNote }).put('file', inPieces(randomBytes(200_000)))
    expect(server.parts()).toBe(0)
    expect(existsSync(uploadNote)).toBe(false)
  })

  test('takes a file although it does not know the upload that is to be removed', async () => {
    await using server = await anS3Server()
    using home = aHome()
    await using way = await aFaultyWay(server.endpoint, ({ method }) =>
      method === 'DELETE' ? { kind: 'answer', status: 404, text: NO_SUCH_UPLOAD } : PASS,
    )
    const uploadNote = join(home.path, 'backup.upload')
    const { href: url } = urlOf(server.address('home/one', way.endpoint), 'home/one/file')
    writeFileSync(uploadNote, JSON.stringify({ url, key: 'home/one/file', upload_id: 'gone' }))
    const place = placeAt(server, way.endpoint, { uploadNote })
    await place.put('file', Readable.from([Buffer.from('x')]))
    expect(existsSync(uploadNote)).toBe(false)
    writeFileSync(uploadNote, '{')
    await place.put('file', Readable.from([Buffer.from('y')]))
    expect(way.seen.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
    expect(await text(await place.get('file'))).toBe('y')
  })

  test('tries again after a failure that passes, also in the middle of an upload', async () => {
    await using server = await anS3Server()
    let failures = 0
    await using way = await aFaultyWay(server.endpoint, (_, count) => {
      if (count % 2 === 0) return PASS
      failures += 1
      return failures % 2 === 0 ? { kind: 'silent' } : { kind: 'answer', status: 503 }
    })
    const place = placeAt(server, way.endpoint)
    const bytes = randomBytes(150_000)
    await place.put('file', inPieces(bytes))
    expect((await buffer(await place.get('file'))).equals(bytes)).toBe(true)
    expect(failures).toBeGreaterThan(4)
  })

  test('gives up after five tries', async () => {
    await using server = await anS3Server()
    const down: Fate = { kind: 'answer', status: 500, text: '<Code>InternalError</Code>' }
    await using way = await aFaultyWay(server.endpoint, () => down)
    await expect(placeAt(server, way.endpoint).list()).rejects.toMatchObject({ code: 'S3_FAILED' })
    expect(way.seen.length).toBe(5)
  })

  test('continues a download that is cut, at the same byte', async () => {
    await using server = await anS3Server()
    let gets = 0
    await using way = await aFaultyWay(server.endpoint, ({ method }) => {
      if (method !== 'GET') return PASS
      gets += 1
      return gets > 6 ? PASS : { kind: 'cut', after: 30_000 }
    })
    const bytes = randomBytes(250_000)
    const place = placeAt(server, way.endpoint)
    await place.put('file', inPieces(bytes))
    expect((await buffer(await place.get('file'))).equals(bytes)).toBe(true)
    expect(gets).toBe(7)
  })

  test('never ends a download early as if it were whole', async () => {
    await using server = await anS3Server()
    await using way = await aFaultyWay(server.endpoint, ({ method }) =>
      method === 'GET' ? { kind: 'cut', after: 0 } : PASS,
    )
    const place = placeAt(server, way.endpoint)
    await place.put('file', inPieces(randomBytes(100_000)))
    await expect(buffer(await place.get('file'))).rejects.toMatchObject({ code: 'S3_DOWNLOAD_CUT' })
  })

  test('notices that a file was replaced between two parts of a download', async () => {
    await using server = await anS3Server()
    const direct = placeAt(server)
    await using way = await aFaultyWay(server.endpoint, ({ method }) =>
      method === 'GET' ? { kind: 'cut', after: 30_000 } : PASS,
    )
    await direct.put('file', inPieces(randomBytes(100_000)))
    const reading = await placeAt(server, way.endpoint).get('file')
    const chunks = reading[Symbol.asyncIterator]()
    await chunks.next()
    await direct.put('file', inPieces(randomBytes(100_000)))
    const rest = async (): Promise<void> => {
      while ((await chunks.next()).done !== true);
    }
    await expect(rest()).rejects.toMatchObject({
      code: expect.stringMatching(/^S3_(?:DOWNLOAD_CUT|REFUSED)$/),
    })
  })

  test('compares the size that is stored', async () => {
    await using server = await anS3Server()
    await using way = await aFaultyWay(server.endpoint, ({ method, body }) =>
      method === 'PUT' ? { kind: 'pass', body: body.subarray(0, 10) } : PASS,
    )
    const put = placeAt(server, way.endpoint).put('file', inPieces(randomBytes(1_000)))
    await expect(put).rejects.toMatchObject({ code: 'S3_FAILED' })
  })
})
