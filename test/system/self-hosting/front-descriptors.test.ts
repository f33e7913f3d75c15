import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aHomeWithIdentity } from '../../support/daemon/a-home-with-identity.ts'
import { until } from '../../support/until.ts'
import { descriptorsOf, destroyAll, manyClients } from '../../support/clients/front-clients.ts'
import { nothingRuns } from '../../support/processes-of.ts'
import { getPublic } from '../../support/clients/public-request.ts'
import { MAIN } from '../../support/cli/run-spl.ts'

describe('the socket of a gateway with 1024 descriptors', () => {
  let serving: Awaited<ReturnType<typeof aSmallGateway>>

  beforeAll(async () => {
    serving = await aSmallGateway()
  })

  afterAll(() => serving[Symbol.asyncDispose]())

  test.for([
    ['that send nothing', ''],
    ['with half of a TLS handshake', '\x16\x03\x01\x02\x00\x01'],
  ] as const)('serves while 1100 connections %s are held open', async ([_what, bytes]) => {
    const { url, cacert, child } = serving
    const { port } = new URL(url)
    const pid = child.pid ?? 0
    const before = descriptorsOf(pid)
    const held = await manyClients(1_100, Number(port), bytes)
    try {
      for (let round = 0; round < 5; round++) {
        const answer = await getPublic(`${url}/v1/threads`, cacert)
        expect(answer.status).toBe(401)
      }
      expect(descriptorsOf(pid)).toBeLessThan(1_024)
    } finally {
      destroyAll(held)
    }
    await until('the descriptors are back', () => descriptorsOf(pid) <= before + 5)
  })

  test('one address that asks and keeps its connections has a quarter of them, and others are served', async () => {
    const { port } = new URL(serving.url)
    const held = await Promise.all(
      Array.from({ length: 500 }, () => askedAndKept(Number(port), '127.0.0.3')),
    )
    try {
      // 1024 descriptors, less 128 to spare, two each: 448.
      const kept = held.filter(({ answer }) => answer.startsWith('HTTP/1.1 '))
      expect(kept).toHaveLength(112)
      const other = await askedAndKept(Number(port), '127.0.0.2')
      expect(other.answer).toMatch(/^HTTP\/1\.1 401 /)
      other.socket.destroy()
    } finally {
      for (const { socket } of held) socket.destroy()
    }
  })
})

/** A request over TLS on a connection that its client keeps, and the answer's beginning; empty where there was none. */
async function askedAndKept(port: number, localAddress: string) {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    localAddress,
    rejectUnauthorized: false,
  } as object)
  socket.on('error', () => {})
  socket.write(`GET /v1/threads HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`)
  const answer = await new Promise<string>((resolve) => {
    socket.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1')))
    socket.once('close', () => resolve(''))
  })
  return { socket, answer }
}

/** The command itself, under `ulimit -n 1024`. */
async function aSmallGateway() {
  const home = aHomeWithIdentity()
  const line = `ulimit -n 1024; exec "$0" "$@"`
  const args = ['gateway', 'serve', '--self-signed', '--port', '0', '--json', '--home', home.path]
  const child = spawn('/bin/sh', ['-c', line, process.execPath, MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [ready] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const { url, cacert } = JSON.parse(ready.toString()) as { url: string; cacert: string }
  return {
    child,
    url,
    cacert,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await once(child, 'close')
      await nothingRuns(home.path)
      home[Symbol.dispose]()
    },
  }
}
