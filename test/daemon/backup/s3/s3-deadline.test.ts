import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { parseS3Address } from '../../../../local-daemon/backup/place/s3/s3-address.ts'
import { s3Place } from '../../../../local-daemon/backup/place/s3/s3-place.ts'
import { aFaultyWay } from '../../../support/s3/faulty-way.ts'
import { anS3Server, CREDENTIALS } from '../../../support/s3/s3-server.ts'

/** A second's patience for what takes minutes otherwise. */
const limits = {
  firstPauseMs: 1,
  longestPauseMs: 1,
  silenceMs: 300,
  patienceMs: 900,
  slowestBytesPerSecond: 4_000,
}
const LATEST_MS = 4_000

/** A server that takes a request and answers with this, one byte after the other, for ever. */
async function aDrip(text: string, everyMs = 20) {
  const server = createServer((socket) => {
    let at = 0
    const drop = setInterval(() => {
      socket.write(text[at] ?? 'x')
      at += 1
    }, everyMs)
    socket.on('error', () => {})
    socket.on('close', () => clearInterval(drop))
    socket.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    address: parseS3Address(`s3://backups?endpoint=${endpoint}`, {}),
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}

async function faultAndTime(work: Promise<unknown>) {
  const since = performance.now()
  const fault = await work.then(
    () => undefined,
    (error: Error & { readonly code: string }) => error,
  )
  return { fault, ms: performance.now() - since }
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n'

describe('an S3 store that answers too slowly is not waited for', () => {
  test.each([
    ['in its head', `${HEAD}x-padding: `],
    ['in its body', `${HEAD}\r\n<ListBucketResult>`],
    ['in the body of a refusal', 'HTTP/1.1 403 No\r\n\r\n<Error>'],
  ])(
    'one byte after the other %s',
    async (_where, text) => {
      await using drip = await aDrip(text, 1)
      const { address } = drip
      const place = s3Place({ address, credentials: () => CREDENTIALS, limits })
      for (const work of [
        () => place.list(),
        () => place.put('a.age', Readable.from([Buffer.from('x')])),
        () => place.remove('a.age'),
      ]) {
        const { fault, ms } = await faultAndTime(work())
        expect(ms).toBeLessThan(LATEST_MS)
        expect(fault).toMatchObject({ code: 'S3_UNREACHABLE' })
        expect(fault?.message).toMatch(/answers slower than 4000 bytes a second/)
      }
    },
    30_000,
  )

  test('in the middle of a file', async () => {
    await using server = await anS3Server()
    const through = s3Place({ address: server.address(), credentials: () => CREDENTIALS, limits })
    await through.put('a.age', Readable.from([Buffer.alloc(200_000, 'a')]))
    await using way = await aFaultyWay(server.endpoint, ({ method }) =>
      method === 'GET' ? { kind: 'drip', bytes: 10, everyMs: 10 } : { kind: 'pass' },
    )
    const address = server.address('', way.endpoint)
    const place = s3Place({ address, credentials: () => CREDENTIALS, limits })
    const { fault, ms } = await faultAndTime(buffer(await place.get('a.age')))
    expect(fault).toMatchObject({ code: 'S3_DOWNLOAD_CUT' })
    expect(ms).toBeLessThan(LATEST_MS)
  })

  test('that cuts a file after some bytes, again and again', async () => {
    await using server = await anS3Server()
    const through = s3Place({ address: server.address(), credentials: () => CREDENTIALS, limits })
    await through.put('a.age', Readable.from([Buffer.alloc(200_000, 'a')]))
    await using way = await aFaultyWay(server.endpoint, ({ method }) =>
      method === 'GET' ? { kind: 'cut', after: 5 } : { kind: 'pass' },
    )
    const address = server.address('', way.endpoint)
    const place = s3Place({ address, credentials: () => CREDENTIALS, limits })
    const { fault } = await faultAndTime(buffer(await place.get('a.age')))
    expect(fault).toMatchObject({ code: 'S3_DOWNLOAD_CUT' })
    expect(way.seen.length).toBeLessThan(10)
  })

  test('but one is that is read slowly here', async () => {
    await using server = await anS3Server()
    const place = s3Place({ address: server.address(), credentials: () => CREDENTIALS, limits })
    const bytes = Buffer.alloc(400_000, 'a')
    await place.put('a.age', Readable.from([bytes]))
    const read: Buffer[] = []
    for await (const chunk of (await place.get('a.age')) as AsyncIterable<Buffer>) {
      read.push(chunk)
      if (read.length === 1) await new Promise((done) => setTimeout(done, 2 * limits.silenceMs))
    }
    expect(Buffer.concat(read).equals(bytes)).toBe(true)
  })

  test('and a list of ever new pages ends', async () => {
    let page = 0
    await using way = await aFaultyWay('http://127.0.0.1:1', () => {
      page += 1
      const text = `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${page}</NextContinuationToken></ListBucketResult>`
      return { kind: 'answer', status: 200, text }
    })
    const address = parseS3Address(`s3://backups?endpoint=${way.endpoint}`, {})
    const place = s3Place({
      address,
      credentials: () => CREDENTIALS,
      limits: { ...limits, pages: 7 },
    })
    await expect(place.list()).rejects.toMatchObject({ code: 'S3_FAILED' })
    expect(way.seen.length).toBe(7)
  })
})
