import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startFront } from '../../local-daemon/gateway/front/start-front.ts'
import { selfSignedCertificate } from '../../local-daemon/gateway/self-signed.ts'
import { anArena } from './arena.ts'
import { fireFault } from './fire-fault.ts'
import { floodHandshakes, floodIdle } from './floods.ts'
import { startGets } from './gets.ts'
import { HOSTILE_CHUNKS, sendHostileChunks } from './hostile-uploads.ts'
import { plantedWorker, type PlantedInWorker } from './planted-gateway.ts'
import type { PlantedInApp } from './planted-app.ts'
import { seededRandom } from './random.ts'
import { runChaos, type ChaosOptions } from './run-chaos.ts'
import type { Planned } from './schedule.ts'
import type { Violation } from './violation.ts'
import { checkWitness } from './witness.ts'

/*
 * A run that finds nothing proves something only if it would have found it: for each checker a daemon or a
 * gateway that is really broken, under the same load.
 */

type Finding = readonly [Violation['check'], Violation['kind']]

const SEED = 'planted'
const QUICK = { seed: SEED, arriveMs: 3_000, loadMs: 1_500 } as const

/** Chance decides which bytes are on the way when a fault comes: a run in which none were proves nothing, and is repeated. */
const SOON = { retry: 4, timeout: 60_000 }

/** The first finding of each sort. */
async function findings(options: ChaosOptions): Promise<Finding[]> {
  const { violations } = await runChaos(options)
  return violations.map(({ check, kind }) => [check, kind] as const)
}

test('the same load finds nothing at the real daemon and gateway', async () => {
  const { violations } = await runChaos({ ...QUICK, schedule: [{ kind: 'tunnel-reset', atMs: 0 }] })
  expect(violations).toEqual([])
})

test.each<readonly [PlantedInApp, ...Finding]>([
  ['acknowledges-nothing', 'appends', 'lost'],
  ['forgets-keys', 'appends', 'doubled'],
  ['drops-an-event', 'sequences', 'gap'],
  ['resumes-late', 'sequences', 'gap'],
  ['resumes-early', 'sequences', 'repeat'],
  ['changes-a-byte', 'bodies', 'wrong-bytes'],
  ['leaks-memory', 'memory', 'grown'],
])('a daemon that %s is found: %s, %s', async (app, check, kind) => {
  expect(await findings({ ...QUICK, app, schedule: [] })).toContainEqual([check, kind])
})

test.each<readonly [PlantedInWorker, ...Finding]>([
  ['ends-cut-bodies', 'bodies', 'short'],
  ['hangs-cut-streams', 'arrival', 'stuck'],
  ['keeps-left-streams', 'streams', 'leaked'],
])('a gateway that %s is found: %s, %s', SOON, async (bug, check, kind) => {
  // Slow, so that bodies are under way when it ends.
  const slow = {
    kind: 'tunnel-throttle',
    ms: 900,
    bytesPerSecond: 300_000,
    ending: 'reset',
  } as const
  const schedule = [slow, slow].map((fault, index) => ({ ...fault, atMs: 1_000 * index }))
  const worker = await plantedWorker(bug)
  expect(await findings({ ...QUICK, worker, schedule })).toContainEqual([check, kind])
})

test.each([
  [undefined, []],
  ['takes-old-proofs', [{ kind: 'replay-taken' }]],
] as const)('a handshake that is sent twice; the gateway: %s', async (bug, found) => {
  const worker = bug && (await plantedWorker(bug))
  await using arena = await anArena({ random: seededRandom(SEED), worker })
  const gets = startGets(arena.clientLink.port, `Bearer ${arena.home.bearer}`, 50)
  const fired = await fireFault(
    { kind: 'handshake-replay' },
    arena,
    () => 1,
    () => {},
  )
  expect(fired.violations).toMatchObject(found)
  // Not waited for: with the daemon driven out they are answered when everything is taken down.
  void gets.stop()
})

test.each<readonly [PlantedInWorker, Planned, ...Finding]>([
  ['waits-for-uploads', { kind: 'client-uploads', count: 5, atMs: 0 }, 'answers', 'stuck'],
])('a gateway that %s is found by %o: %s, %s', async (bug, fault, check, kind) => {
  const worker = await plantedWorker(bug)
  expect(await findings({ ...QUICK, worker, schedule: [fault] })).toContainEqual([check, kind])
})

test('a front that holds whoever comes, or waits without an end, is found', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'spl-front-'))
  const tls = await selfSignedCertificate(directory, 'localhost', Date.now())
  const dial = () => Promise.reject(new Error('nobody is behind it'))
  const plain = { host: '127.0.0.1', port: 0, knowsClients: false, dial, onLog() {} }
  const bounded = await startFront({ ...plain, limits: { connections: 20 } })
  const unbounded = await startFront(plain)
  const patient = await startFront({ ...plain, tls })
  const quick = await startFront({ ...plain, tls, limits: { handshakeMs: 100 } })
  try {
    expect(await floodIdle(bounded.port, 40, 20)).toMatchObject({ violations: [] })
    expect(await floodIdle(unbounded.port, 40, 20, 300)).toMatchObject({
      violations: [{ check: 'front', kind: 'unbounded' }],
    })
    expect(await floodHandshakes(quick.port, 40, 100)).toMatchObject({ violations: [] })
    expect(await floodHandshakes(patient.port, 40, 100, 300)).toMatchObject({
      violations: [{ check: 'front', kind: 'unreleased' }],
    })
  } finally {
    await Promise.all([bounded, unbounded, patient, quick].map((front) => front.destroy()))
    rmSync(directory, { recursive: true, force: true })
  }
})

test('a gateway that takes any chunk is found', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.resume().end('HTTP/1.1 201 Created\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { violations } = await sendHostileChunks({ port, bearer: 'x' })
  expect(violations).toHaveLength(HOSTILE_CHUNKS.length)
  expect(violations[0]).toMatchObject({ check: 'answers', kind: 'smuggled' })
  server.close()
})

test('a fault that met nobody is found', () => {
  const met = {
    kind: 'tunnel-reset',
    atMs: 0,
    connections: 1,
    bytes: 1,
    underWay: 1,
    effect: '',
  } as const
  expect(checkWitness(met)).toEqual([])
  for (const nobody of [{ connections: 0 }, { bytes: 0 }, { underWay: 0 }]) {
    expect(checkWitness({ ...met, ...nobody })).toMatchObject([
      { check: 'faults', kind: 'not-fired' },
    ])
  }
})
