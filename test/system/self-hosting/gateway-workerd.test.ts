import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { selfSignedCertificate } from '../../../local-daemon/gateway/self-signed.ts'
import { startGateway, type GatewayOptions } from '../../../local-daemon/gateway/start-gateway.ts'
import {
  aHomeWithIdentity,
  type HomeWithIdentity,
} from '../../support/daemon/a-home-with-identity.ts'
import { nothingRuns } from '../../support/processes-of.ts'
import { getPublic } from '../../support/clients/public-request.ts'
import { isRunning } from '../../support/cli/run-spl.ts'
import { builtWorker } from '../../support/gateway/worker-source.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let home: HomeWithIdentity
let options: GatewayOptions

beforeEach(async () => {
  home = aHomeWithIdentity()
  options = {
    ownerDid: home.ownerDid,
    directory: home.paths.gateway,
    worker: await builtWorker(),
    tls: 'self-signed',
  }
})

afterEach(async () => {
  try {
    await nothingRuns(home.path)
  } finally {
    home[Symbol.dispose]()
  }
})

describe('the gateway on workerd', () => {
  test('answers over TLS with a certificate of its own, under its name and on loopback', async () => {
    await using gateway = await startGateway(options)
    expect(gateway.url).toBe(`https://localhost:${gateway.port}`)
    for (const host of ['localhost', '127.0.0.1']) {
      const answer = await getPublic(`https://${host}:${gateway.port}/v1/threads`, gateway.cacert)
      expect(answer.status).toBe(401)
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'AUTH_REQUIRED', hop: 'gateway' })
    }
    await expect(getPublic(gateway.url, undefined)).rejects.toThrow(/certificate/)
  })

  test('answers plain HTTP on loopback for a proxy in front', async () => {
    const { tls: _tls, ...plain } = options
    await using gateway = await startGateway({ ...plain, clientAddressHeader: 'X-Real-IP' })
    expect(gateway.url).toBe(`http://localhost:${gateway.port}`)
    expect(gateway.cacert).toBeUndefined()
    expect(await getPublic(`${gateway.url}/v1/threads`, undefined)).toMatchObject({ status: 401 })
  })

  test('shows a given certificate under its hostname', async () => {
    const tls = await selfSignedCertificate(join(home.path, 'given'), 'spl.example', Date.now())
    await using gateway = await startGateway({ ...options, tls, hostname: 'spl.example' })
    expect(gateway.url).toBe(`https://spl.example:${gateway.port}`)
    expect(gateway.cacert).toBe(tls.cert)
    const local = `https://localhost:${gateway.port}/v1/threads`
    expect(await getPublic(local, tls.cert)).toMatchObject({ status: 401 })
  })

  test('runs in a directory with an odd name', async () => {
    const directory = join(home.path, `o"d'd \\ näme $HOME`)
    await using gateway = await startGateway({ ...options, directory })
    expect(await getPublic(`${gateway.url}/v1/threads`, gateway.cacert)).toMatchObject({
      status: 401,
    })
  })

  test('takes free ports, and says when one is taken', async () => {
    await using first = await startGateway(options)
    const directory = join(home.path, 'second')
    await expect(startGateway({ ...options, directory, port: first.port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      try: expect.stringContaining('--port'),
    })
    await using second = await startGateway({ ...options, directory })
    expect(second.port).not.toBe(first.port)
  })

  test('refuses a directory where another one runs, until that one is gone', async () => {
    const first = await startGateway(options)
    await expect(startGateway(options)).rejects.toMatchObject({ code: 'STORAGE_IN_USE' })
    await first.stop()
    await using second = await startGateway(options)
    expect(second.port).toBeGreaterThan(0)
  })

  test('keeps its key, its certificate and what the object stored', async () => {
    const generations: number[] = []
    const logger = pino({}, { write: (line) => void noteGeneration(line, generations) })
    const first = await startGateway(options)
    const tunnel = { gatewayUrl: first.url, cacert: first.cacert ?? '' }
    await using _daemon = await startDaemon({ home: home.path, port: 0, logger, tunnel })
    await until(() => generations.length === 1)
    const kept = ['unique-key', 'tls/cert.pem', 'tls/key.pem'].map((name) =>
      join(options.directory, name),
    )
    const before = kept.map((path) => readFileSync(path, 'utf8'))
    await first.stop()
    await using second = await startGateway({ ...options, port: first.port })
    await until(() => generations.length === 2)
    expect(second.url).toBe(first.url)
    expect(kept.map((path) => readFileSync(path, 'utf8'))).toEqual(before)
    expect(kept.map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600, 0o600])
    // The object counts connections in its storage: a fresh storage would begin again.
    expect(generations[1]).toBeGreaterThan(generations[0] ?? Number.NaN)
  })

  test('stops in bounded time although a tunnel is open', async () => {
    const generations: number[] = []
    const logger = pino({}, { write: (line) => void noteGeneration(line, generations) })
    const gateway = await startGateway(options)
    const tunnel = { gatewayUrl: gateway.url, cacert: gateway.cacert ?? '' }
    await using _daemon = await startDaemon({ home: home.path, port: 0, logger, tunnel })
    await until(() => generations.length === 1)
    const before = performance.now()
    await Promise.all([gateway.stop(), gateway.stop()])
    expect(performance.now() - before).toBeLessThan(3_000)
    expect(isRunning(gateway.pid)).toBe(false)
    expect((await gateway.exited).signal).toMatch(/^SIG(TERM|KILL)$/)
  })

  test.for([
    ['an owner that is no did:key', { ownerDid: 'did:key:zNobody' }, 'OWNER_INVALID'],
    ['an empty owner', { ownerDid: '' }, 'OWNER_INVALID'],
    ['a header that is none', { clientAddressHeader: 'a b' }, 'HEADER_INVALID'],
    [
      'a certificate that is none',
      { tls: { cert: '/dev/null', key: '/dev/null' } },
      'CERTIFICATE_INVALID',
    ],
  ] as const)('refuses %s', async ([_name, wrong, code]) => {
    await expect(startGateway({ ...options, ...wrong })).rejects.toMatchObject({
      code,
      try: expect.stringMatching(/\S/),
    })
    await using gateway = await startGateway(options)
    expect(gateway.port).toBeGreaterThan(0)
  })

  test.for(['0.0.0.0', '192.168.1.4', '::'])('refuses %s without TLS', async (host) => {
    const { tls: _tls, ...plain } = options
    await expect(startGateway({ ...plain, host })).rejects.toMatchObject({ code: 'TLS_REQUIRED' })
  })

  test('refuses a directory that a newer workerd has written to, and goes on from an older one', async () => {
    mkdirSync(options.directory, { recursive: true })
    const note = join(options.directory, 'workerd-version')
    writeFileSync(note, '1.20991231.0\n')
    await expect(startGateway(options)).rejects.toMatchObject({
      code: 'STORAGE_NEWER',
      message: expect.stringContaining('1.20991231.0'),
      try: expect.stringContaining('--storage'),
    })
    expect(readFileSync(note, 'utf8')).toBe('1.20991231.0\n')
    writeFileSync(note, '1.20250101.0\n')
    await using gateway = await startGateway(options)
    expect(gateway.port).toBeGreaterThan(0)
    expect(readFileSync(note, 'utf8')).toMatch(/^1\.2026\d{4}\.\d+\n$/)
  })

  test('runs in a directory behind a symbolic link, with a certificate elsewhere', async () => {
    const real = join(home.path, 'deep/er/real')
    mkdirSync(real, { recursive: true })
    const directory = join(home.path, 'link')
    symlinkSync(real, directory)
    const tls = await selfSignedCertificate(join(home.path, 'given'), 'localhost', Date.now())
    await using gateway = await startGateway({ ...options, directory, tls })
    expect(await getPublic(`${gateway.url}/v1/threads`, tls.cert)).toMatchObject({ status: 401 })
  })

  test('says when the address is not one of this machine', async () => {
    // TEST-NET-3: nobody has it.
    await expect(startGateway({ ...options, host: '203.0.113.7' })).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
      try: expect.stringContaining('--host'),
    })
  })

  test('says what workerd said when it cannot start', async () => {
    const worker = 'this is not JavaScript'
    await expect(startGateway({ ...options, worker })).rejects.toMatchObject({
      code: 'GATEWAY_EXITED',
      message: expect.stringContaining('SyntaxError'),
    })
  })
})

describe('the self-signed certificate', () => {
  const now = Date.parse('2026-11-23T00:00:00Z')

  test('is kept for its hostname until a sixth of its life is left', async () => {
    const first = await certificate('localhost', now)
    expect(await certificate('localhost', now + 303 * DAY_MS)).toBe(first)
    expect(await certificate('localhost', now + 305 * DAY_MS)).not.toBe(first)
  })

  test('is made again for another hostname, and for a damaged or foreign file', async () => {
    const first = await certificate('localhost', now)
    const other = await certificate('spl.example', now)
    expect(other).not.toBe(first)
    expect(await certificate('localhost', now)).toBe(other)
    const key = join(home.path, 'tls', 'key.pem')
    const good = readFileSync(key)
    writeFileSync(key, 'damaged')
    const third = await certificate('localhost', now)
    expect(third).not.toBe(other)
    writeFileSync(key, good)
    expect(await certificate('localhost', now)).not.toBe(third)
  })

  test('is made in a directory that is there already', async () => {
    mkdirSync(join(home.path, 'tls'))
    expect(await certificate('127.0.0.1', now)).toContain('BEGIN CERTIFICATE')
  })
})

function noteGeneration(line: string, generations: number[]): void {
  const { generation } = JSON.parse(line) as { generation?: number }
  if (generation !== undefined) generations.push(generation)
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 20_000; !condition(); await sleep(20)) {
    if (performance.now() > deadline) throw new Error('waited for 20 s')
  }
}

async function certificate(hostname: string, at: number): Promise<string> {
  const pair = await selfSignedCertificate(join(home.path, 'tls'), hostname, at)
  return readFileSync(pair.cert, 'utf8')
}
