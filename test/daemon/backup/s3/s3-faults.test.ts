import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { generate } from 'selfsigned'
import { describe, expect, test } from 'vitest'
import { parseS3Address } from '../../../../local-daemon/backup/place/s3/s3-address.ts'
import type { S3Options } from '../../../../local-daemon/backup/place/s3/s3-client.ts'
import { readS3Credentials } from '../../../../local-daemon/backup/place/s3/s3-credentials.ts'
import { s3Place } from '../../../../local-daemon/backup/place/s3/s3-place.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { freePort } from '../../../support/free-port.ts'
import { aFaultyWay } from '../../../support/s3/faulty-way.ts'
import { anS3Server, CREDENTIALS } from '../../../support/s3/s3-server.ts'

const limits = { firstPauseMs: 1, longestPauseMs: 1, silenceMs: 300 }

async function faultOf(options: Partial<S3Options> & Pick<S3Options, 'address'>) {
  const place = s3Place({ credentials: () => CREDENTIALS, limits, ...options })
  try {
    await place.list()
  } catch (error) {
    return error as Error & { readonly code: string; readonly try: string }
  }
  throw new Error('it did not fail')
}

/** A server that answers everything with this. */
async function answering(
  status: number,
  text: string,
  tried = 1,
): Promise<Error & { code: string }> {
  await using way = await aFaultyWay('http://127.0.0.1:1', () => ({ kind: 'answer', status, text }))
  const fault = await faultOf({
    address: parseS3Address(`s3://backups?endpoint=${way.endpoint}`, {}),
  })
  expect(way.seen.length).toBe(tried)
  return fault
}

describe('what is wrong with an S3 store has a code and a next step', () => {
  test('a wrong secret, which is not in the message', async () => {
    await using server = await anS3Server()
    const credentials = () => ({ ...CREDENTIALS, secretAccessKey: 'hush-hush' })
    const fault = await faultOf({ address: server.address(), credentials })
    expect(fault).toMatchObject({ code: 'S3_SECRET_WRONG' })
    expect(JSON.stringify([fault.message, fault.try, fault.stack])).not.toContain('hush-hush')
  })

  test('an unknown access key', async () => {
    await using server = await anS3Server()
    const credentials = () => ({ ...CREDENTIALS, accessKeyId: 'NOBODY' })
    expect(await faultOf({ address: server.address(), credentials })).toMatchObject({
      code: 'S3_KEY_UNKNOWN',
    })
  })

  test('a bucket that is not there', async () => {
    await using server = await anS3Server()
    const address = { ...server.address(), bucket: 'elsewhere' }
    const fault = await faultOf({ address })
    expect(fault).toMatchObject({ code: 'S3_BUCKET_MISSING' })
    expect(fault.message).toContain('elsewhere')
  })

  test('a clock that is off, and what the store’s clock says', async () => {
    const xml =
      '<Error><Code>RequestTimeTooSkewed</Code><ServerTime>2026-11-30T08:00:00Z</ServerTime></Error>'
    const fault = await answering(403, xml)
    expect(fault).toMatchObject({ code: 'S3_CLOCK_SKEWED' })
    expect(fault.message).toContain('its clock says 2026-11-30T08:00:00Z')
  })

  test('a bucket that denies', async () => {
    const fault = await answering(403, '<Error><Code>AccessDenied</Code></Error>')
    expect(fault).toMatchObject({ code: 'S3_DENIED' })
  })

  test('another region, which is named', async () => {
    const xml =
      '<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-central-1</Region></Error>'
    const fault = await answering(400, xml)
    expect(fault).toMatchObject({ code: 'S3_REGION_WRONG' })
    expect(fault).toMatchObject({ try: expect.stringContaining('?region=eu-central-1') })
    expect(await answering(301, '')).toMatchObject({ code: 'S3_REGION_WRONG' })
  })

  test('a session that has ended', async () => {
    expect(await answering(400, '<Error><Code>ExpiredToken</Code></Error>')).toMatchObject({
      code: 'S3_SESSION_EXPIRED',
    })
  })

  test('a server that is no S3 store, and whose words are not shown', async () => {
    const fault = await answering(418, '<Code>\u001b[31mred</Code>')
    expect(fault).toMatchObject({ code: 'S3_REFUSED' })
    expect(fault.message).not.toContain('red')
  })

  test.each([
    ['a sign-in page', '<html><body>Welcome to the hotel</body></html>'],
    ['nothing', ''],
    ['a list that was cut', '<ListBucketResult><Name>backups</Name><Contents><Key>a</Key>'],
  ])('an answer that is %s, and no empty list', async (_what, text) => {
    expect(await answering(200, text)).toMatchObject({ code: 'S3_REFUSED' })
  })

  test('a certificate that nothing vouches for', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }])
    await using server = await anS3Server({ key, cert })
    expect(await faultOf({ address: server.address() })).toMatchObject({ code: 'S3_TLS_FAILED' })
  })

  test('a server that takes the connection and says nothing', async () => {
    await using way = await aFaultyWay('http://127.0.0.1:1', () => ({ kind: 'silent' }))
    const fault = await faultOf({
      address: parseS3Address(`s3://bbb?endpoint=${way.endpoint}`, {}),
    })
    expect(fault).toMatchObject({ code: 'S3_UNREACHABLE' })
    expect(way.seen.length).toBe(5)
  })

  test('a port that nobody listens on', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    expect(
      await faultOf({ address: parseS3Address(`s3://bbb?endpoint=${endpoint}`, {}) }),
    ).toMatchObject({
      code: 'S3_UNREACHABLE',
    })
  })

  test('an answer without end', async () => {
    const endless = createServer((socket) => {
      socket.on('error', () => {})
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      const more = (): unknown => socket.write('x'.repeat(65_536), () => setImmediate(more))
      more()
    }).listen(0, '127.0.0.1')
    await new Promise((done) => endless.once('listening', done))
    const { port } = endless.address() as { port: number }
    const address = parseS3Address(`s3://bbb?endpoint=http://127.0.0.1:${port}`, {})
    const fault = await faultOf({ address, limits: { ...limits, tries: 1 } })
    expect(fault).toMatchObject({ code: 'S3_UNREACHABLE' })
    endless.close()
  })

  test('a file that is larger than the most parts', async () => {
    await using server = await anS3Server()
    const few = { ...limits, partBytes: 1_000, parts: 3 }
    const place = s3Place({
      address: server.address(),
      credentials: () => CREDENTIALS,
      limits: few,
    })
    await expect(place.put('x', Readable.from([Buffer.alloc(4_000)]))).rejects.toMatchObject({
      code: 'S3_FILE_TOO_LARGE',
    })
  })

  test('more files than are listed', async () => {
    await using server = await anS3Server()
    const few = { ...limits, files: 1 }
    const place = s3Place({
      address: server.address(),
      credentials: () => CREDENTIALS,
      limits: few,
    })
    await place.put('a', Readable.from([Buffer.from('a')]))
    await place.put('b', Readable.from([Buffer.from('b')]))
    await expect(place.list()).rejects.toMatchObject({ code: 'S3_REFUSED' })
  })
})

describe('the address of an S3 store', () => {
  test.each([
    ['s3://bucket', { bucket: 'bucket', prefix: '', style: 'host', region: 'us-east-1' }],
    ['s3://bucket/a/b/', { bucket: 'bucket', prefix: 'a/b', style: 'host' }],
    ['s3://my.bucket/a', { bucket: 'my.bucket', style: 'path' }],
    ['s3://bucket/a?region=eu-west-1', { region: 'eu-west-1', style: 'host' }],
    ['s3://bucket?endpoint=https://x.r2.cloudflarestorage.com&region=auto', { style: 'path' }],
    ['s3://bucket?endpoint=http://10.0.0.7:9000&style=host', { style: 'host' }],
    ['s3://bucket?endpoint=http://minio:9000', { style: 'path' }],
    ['s3://bucket?endpoint=http://[::1]:9000', { style: 'path' }],
    ['s3://bucket?endpoint=http://nas.local:9000', { style: 'path' }],
  ])('%s', (text, expected) => {
    expect(parseS3Address(text, {})).toMatchObject(expected)
  })

  test('takes what it leaves out from the environment, as the AWS command line does', () => {
    const env = { AWS_ENDPOINT_URL_S3: 'https://s3.example.com', AWS_REGION: 'eu-west-1' }
    expect(parseS3Address('s3://bucket', env)).toMatchObject({
      endpoint: new URL('https://s3.example.com'),
      region: 'eu-west-1',
    })
  })

  test.each([
    'http://bucket/a',
    's3://',
    's3://Bucket_1/a',
    's3://key:secret@bucket/a',
    's3://bucket/a//b',
    's3://bucket/a b',
    's3://bucket/a/%2e%2e/b',
    's3://bucket/a?secret=x',
    's3://bucket/a#x',
    's3://bucket?endpoint=ftp://x',
    's3://bucket?endpoint=http://example.com',
    's3://bucket?endpoint=http://8.8.8.8:9000',
    's3://bucket?endpoint=http://[2001:db8::1]:9000',
    's3://bucket?endpoint=https://u:p@x',
    's3://bucket?endpoint=https://x/path',
    's3://bucket?style=other',
    's3://bucket?region=a%20b',
  ])('is refused with S3_ADDRESS_INVALID: %s', (text) => {
    expect(() => parseS3Address(text, {})).toThrow(
      expect.objectContaining({ code: 'S3_ADDRESS_INVALID' }),
    )
  })
})

describe('the credentials of an S3 store', () => {
  const TEXT = `# as of the AWS command line
[other]
aws_access_key_id = OTHER
[default]
aws_access_key_id = KEY
aws_secret_access_key=a/b+c=
`

  test('come from the environment, else from a file that only its owner can read', () => {
    using home = aHome()
    const path = join(home.path, 's3.credentials')
    const env = { AWS_ACCESS_KEY_ID: 'E', AWS_SECRET_ACCESS_KEY: 'S', AWS_SESSION_TOKEN: 'T' }
    expect(() => readS3Credentials(path, {})).toThrow(
      expect.objectContaining({ code: 'S3_CREDENTIALS_MISSING' }),
    )
    writeFileSync(path, TEXT, { mode: 0o600 })
    expect(readS3Credentials(path, {})).toEqual({
      accessKeyId: 'KEY',
      secretAccessKey: 'a/b+c=',
      sessionToken: undefined,
    })
    expect(readS3Credentials(path, env)).toEqual({
      accessKeyId: 'E',
      secretAccessKey: 'S',
      sessionToken: 'T',
    })
    chmodSync(path, 0o640)
    expect(() => readS3Credentials(path, {})).toThrow(
      expect.objectContaining({ code: 'S3_CREDENTIALS_UNREADABLE' }),
    )
  })

  test('are missing if only half of them is there', () => {
    using home = aHome()
    const path = join(home.path, 's3.credentials')
    writeFileSync(path, 'aws_access_key_id = KEY\n', { mode: 0o600 })
    expect(() => readS3Credentials(path, { AWS_ACCESS_KEY_ID: 'E' })).toThrow(
      expect.objectContaining({ code: 'S3_CREDENTIALS_MISSING' }),
    )
  })
})
