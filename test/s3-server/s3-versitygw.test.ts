import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { S3Options } from '../../local-daemon/backup/place/s3/s3-client.ts'
import { s3Place } from '../../local-daemon/backup/place/s3/s3-place.ts'
import { aFaultyWay, type Fate } from '../support/s3/faulty-way.ts'
import { aVersitygw, type Versitygw, versitygwPath } from './s3-versitygw.ts'

const path = versitygwPath()
const PASS: Fate = { kind: 'pass' }
/** The smallest part of S3 is 5 MiB. */
const limits = { firstPauseMs: 1, longestPauseMs: 1, partBytes: 5 * 1024 * 1024 }

function placeAt(server: Versitygw, endpoint?: string, more: Partial<S3Options> = {}) {
  const address = server.address('home/one', endpoint)
  return s3Place({ address, credentials: () => server.credentials, limits, ...more })
}

/** Bytes that the server keeps, of everything. */
function bytesIn(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
  return files
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0)
}

describe('a real S3 server', () => {
  test('keeps small and large files as they are, and drops them', async () => {
    await using server = await aVersitygw(path)
    const place = placeAt(server)
    for (const size of [0, 10, limits.partBytes, 2 * limits.partBytes + 1]) {
      const bytes = randomBytes(size)
      await place.put('file', Readable.from([bytes]))
      expect((await buffer(await place.get('file'))).equals(bytes)).toBe(true)
    }
    await place.remove('file')
    await place.remove('file')
    expect(await place.list()).toEqual([])
    await expect(place.get('file')).rejects.toMatchObject({ code: 'S3_FILE_MISSING' })
  })

  test('lists more files than one of its pages has', async () => {
    await using server = await aVersitygw(path)
    const place = placeAt(server)
    const names = Array.from({ length: 1003 }, (_, at) => `n${String(at).padStart(4, '0')}`)
    const waiting = [...names]
    const worker = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        await place.put(name, Readable.from([Buffer.from('x')]))
      }
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    expect((await place.list()).map(({ name }) => name)).toEqual(names)
  })

  test('keeps no part of an upload that breaks off', async () => {
    await using server = await aVersitygw(path)
    async function* source(): AsyncGenerator<Buffer> {
      yield randomBytes(2 * limits.partBytes)
      throw new Error('the disk failed')
    }
    await expect(placeAt(server).put('file', Readable.from(source()))).rejects.toThrow(
      'the disk failed',
    )
    expect(bytesIn(join(server.directory, 'data'))).toBeLessThan(100_000)
  })

  test('keeps no part of an upload that was lost, once the next file is sent', async () => {
    await using server = await aVersitygw(path)
    let isLost = true
    await using way = await aFaultyWay(server.endpoint, ({ method, path: asked }) =>
      isLost && (method === 'DELETE' || asked.includes('partNumber=2'))
        ? { kind: 'answer', status: 503 }
        : PASS,
    )
    const uploadNote = join(server.directory, 'backup.upload')
    const place = placeAt(server, way.endpoint, { uploadNote })
    const content = Readable.from([randomBytes(2 * limits.partBytes)])
    await expect(place.put('file', content)).rejects.toMatchObject({ code: 'S3_FAILED' })
    expect(bytesIn(join(server.directory, 'data'))).toBeGreaterThan(limits.partBytes - 1)
    isLost = false
    await placeAt(server, way.endpoint, { uploadNote }).put('small', Readable.from(['x']))
    expect(bytesIn(join(server.directory, 'data'))).toBeLessThan(100_000)
  })

  test('refuses a body that was changed on the way, and keeps nothing of it', async () => {
    await using server = await aVersitygw(path)
    await using way = await aFaultyWay(server.endpoint, ({ method, body }) => {
      if (method !== 'PUT') return PASS
      const changed = Buffer.from(body)
      changed[0] = (changed[0] ?? 0) ^ 1
      return { kind: 'pass', body: changed }
    })
    const put = placeAt(server, way.endpoint).put('file', Readable.from([randomBytes(1000)]))
    await expect(put).rejects.toMatchObject({ code: expect.stringMatching(/^S3_/) })
    expect(await placeAt(server).list()).toEqual([])
  })

  test('continues a download that is cut', async () => {
    await using server = await aVersitygw(path)
    let gets = 0
    await using way = await aFaultyWay(server.endpoint, ({ method }) => {
      if (method !== 'GET') return PASS
      gets += 1
      return gets > 4 ? PASS : { kind: 'cut', after: 900_000 }
    })
    const bytes = randomBytes(5_000_000)
    const place = placeAt(server, way.endpoint)
    await place.put('file', Readable.from([bytes]))
    expect((await buffer(await place.get('file'))).equals(bytes)).toBe(true)
    expect(gets).toBe(5)
  })

  test.each([
    ['S3_CLOCK_SKEWED', { now: () => Date.now() - 3_600_000 }],
    ['S3_SECRET_WRONG', { credentials: { secretAccessKey: 'other' } }],
    // It has a code of its own for an unknown access key.
    ['S3_REFUSED', { credentials: { accessKeyId: 'NOBODY' } }],
    ['S3_BUCKET_MISSING', { address: { bucket: 'elsewhere' } }],
    ['S3_REGION_WRONG', { address: { region: 'eu-west-9' } }],
  ])('says what is wrong: %s', async (code, { now, credentials, address }: Wrong) => {
    await using server = await aVersitygw(path)
    const place = s3Place({
      address: { ...server.address(), ...address },
      credentials: () => ({ ...server.credentials, ...credentials }),
      limits,
      ...(now && { now }),
    })
    await expect(place.list()).rejects.toMatchObject({ code })
  })
})

interface Wrong {
  readonly now?: () => number
  readonly credentials?: Partial<Versitygw['credentials']>
  readonly address?: Readonly<Partial<Record<'bucket' | 'region', string>>>
}
