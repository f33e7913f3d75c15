import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { freeBytes } from '../../../local-daemon/gateway/front/free-bytes.ts'

const LARGE_BYTES = 64 * 1024
const large = () => Buffer.alloc(LARGE_BYTES, 1)

/** A connection on loopback, both ends. */
async function aConnection(): Promise<AsyncDisposable & { near: Socket; far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = connect((server.address() as { port: number }).port, '127.0.0.1')
  const [far] = (await once(server, 'connection')) as [Socket]
  far.pause()
  await once(near, 'connect')
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      near.destroy()
      far.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('bytes that were written to a socket', () => {
  it('are freed once the system has taken them, and arrive whole', async () => {
    await using at = await aConnection()
    const bytes = large()
    at.near.write(bytes)
    expect(at.near.writableLength).toBe(0)
    freeBytes(bytes, at.near)
    expect(bytes.length).toBe(0)
    at.near.end()
    const parts: Buffer[] = []
    for await (const part of at.far) parts.push(part as Buffer)
    expect(Buffer.concat(parts)).toEqual(large())
  })

  it('are kept while any of them wait, and arrive whole', async () => {
    await using at = await aConnection()
    const written: Buffer[] = []
    // Nobody reads: at some time the system takes no more.
    do {
      const bytes = large().fill(written.length)
      at.near.write(bytes)
      freeBytes(bytes, at.near)
      written.push(bytes)
    } while (at.near.writableLength === 0)
    const waiting = written.at(-1) as Buffer
    expect(waiting.length).toBe(LARGE_BYTES)
    at.near.end()
    const parts: Buffer[] = []
    for await (const part of at.far) parts.push(part as Buffer)
    const arrived = Buffer.concat(parts)
    expect(arrived.length).toBe(written.length * LARGE_BYTES)
    for (const [n] of written.entries()) expect(arrived[(n + 1) * LARGE_BYTES - 1]).toBe(n & 255)
  })

  it.each([
    ['a few bytes', () => Buffer.from('few')],
    ['a part of something larger', () => large().subarray(1)],
    ['shared memory', () => Buffer.from(new SharedArrayBuffer(LARGE_BYTES))],
  ])('are left alone: %s', async (_what, make) => {
    await using at = await aConnection()
    const bytes = make()
    const { length } = bytes
    freeBytes(bytes, at.near)
    expect(bytes.length).toBe(length)
  })

  it('are left alone behind a stream that may keep them', () => {
    const bytes = large()
    const to = new PassThrough()
    to.write(bytes)
    freeBytes(bytes, to)
    expect(to.read()).toEqual(large())
  })
})
