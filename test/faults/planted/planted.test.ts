import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startFront } from '../../../local-daemon/gateway/front/start-front.ts'
import { selfSignedCertificate } from '../../../local-daemon/gateway/self-signed.ts'
import { anArena, type Arena, type ArenaOptions } from '../arena.ts'
import { crashWorkerd } from '../crash-workerd.ts'
import { fireFault } from '../fire-fault.ts'
import { floodHandshakes, floodIdle } from '../clients/floods.ts'
import { startGets } from '../clients/gets.ts'
import { closeWithCode } from '../clients/hostile-closes.ts'
import { HOSTILE_CHUNKS, leaveUploads, sendHostileChunks } from '../clients/hostile-uploads.ts'
import { frontThatDropsCloses } from './planted-front.ts'
import { plantedWorker, type PlantedInWorker } from './planted-gateway.ts'
import type { PlantedInApp } from './planted-app.ts'
import { seededRandom } from '../../support/random.ts'
import { runChaos } from '../run-chaos.ts'
import type { Fault, Planned } from '../schedule.ts'
import { canMount } from '../../support/daemon/small-disk.ts'
import type { Violation } from '../violation.ts'
import { checkWitness } from '../witness.ts'

/*
 * A run that finds nothing proves something only if it would have found it: for each checker a daemon or a
 * gateway that is really broken. Where the whole load is needed, a whole run; where a fault judges by itself, that fault alone.
 * Each is broken in a way that its one schedule is certain to meet. They wait more than they work, and run side by side.
 */

type Finding = readonly [Violation['check'], Violation['kind']]

const SEED = 'planted'
const QUICK = { seed: SEED, arriveMs: 3_000, loadMs: 1_500 } as const
/** What must happen at once, and does not happen in the broken one, milliseconds. */
const SOON_MS = 2_000
const LIMIT = { timeout: 60_000 }

/** All who follow the feed resume in the middle of it. */
const ALL_RESUME: readonly Planned[] = [{ kind: 'client-reset', atMs: 600 }]
/** Slow, until a long body is on its way; then it is cut. */
const BODY_CUT: readonly Planned[] = [
  { kind: 'tunnel-throttle', ms: 300, bytesPerSecond: 300_000, ending: 'reset', atMs: 0 },
]
const TUNNEL_CUT: readonly Planned[] = [{ kind: 'tunnel-reset', atMs: 300 }]

describe.concurrent('under the whole load', LIMIT, () => {
  test('nothing is found at the real daemon and gateway', async () => {
    const schedule: readonly Planned[] = [
      ...ALL_RESUME,
      ...BODY_CUT,
      { kind: 'client-close-code', code: 1005, atMs: 0 },
      { kind: 'client-revoked', ends: 'revoke', atMs: 0 },
      { kind: 'client-uploads', count: 5, atMs: 0 },
      { kind: 'store-lock', ms: 500, atMs: 0 },
      { kind: 'store-full', ms: 100, atMs: 0 },
      { kind: 'gateway-crash', atMs: 0 },
    ]
    const { violations } = await runChaos({ ...QUICK, arriveMs: 20_000, schedule })
    expect(violations).toEqual([])
  })

  test.each<readonly [PlantedInApp, readonly Planned[], ...Finding]>([
    ['acknowledges-nothing', [], 'appends', 'lost'],
    ['forgets-keys', [], 'appends', 'doubled'],
    ['drops-an-event', [], 'sequences', 'gap'],
    ['resumes-late', ALL_RESUME, 'sequences', 'gap'],
    ['resumes-early', ALL_RESUME, 'sequences', 'repeat'],
    ['changes-a-byte', [], 'bodies', 'wrong-bytes'],
    ['leaks-memory', [], 'memory', 'grown'],
  ])('a daemon that %s is found', async (app, schedule, check, kind) => {
    const { violations } = await runChaos({ ...QUICK, app, schedule })
    expect(violations).toContainEqual({ check, kind, text: expect.any(String) })
  })

  test.each<readonly [PlantedInWorker, readonly Planned[], ...Finding]>([
    ['ends-cut-bodies', BODY_CUT, 'bodies', 'short'],
    ['hangs-cut-streams', TUNNEL_CUT, 'arrival', 'stuck'],
    ['keeps-left-streams', ALL_RESUME, 'streams', 'leaked'],
  ])('a gateway that %s is found', async (bug, schedule, check, kind) => {
    const worker = await plantedWorker(bug)
    const { violations } = await runChaos({ ...QUICK, worker, schedule })
    expect(violations).toContainEqual({ check, kind, text: expect.any(String) })
  })
})

describe.concurrent('by the fault itself', LIMIT, () => {
  test.each<readonly [PlantedInApp, Fault, ...Finding]>([
    ['revokes-nothing', { kind: 'client-revoked', ends: 'revoke' }, 'answers', 'revoked-taken'],
    ['acknowledges-early', { kind: 'store-lock', ms: 500 }, 'appends', 'lost'],
  ])('a daemon that %s is found', async (app, fault, check, kind) => {
    expect(await foundBy(fault, { app })).toMatchObject([{ check, kind }])
  })

  test('a daemon that acknowledges what its full disk refused is found', async ({ skip }) => {
    if (!canMount()) {
      if (process.env['CI'] !== undefined) throw new Error('a full disk needs Linux and root')
      skip('a full disk needs Linux and root')
    }
    const full = { kind: 'store-full', ms: 100 } as const
    const found = await foundBy(full, { app: 'acknowledges-refusals', smallDisk: true })
    expect(found).toMatchObject([{ check: 'appends', kind: 'lost' }])
  })

  test('a gateway that takes a handshake for a second time is found', async () => {
    const worker = await plantedWorker('takes-old-proofs')
    expect(await foundBy({ kind: 'handshake-replay' }, { worker })).toMatchObject([
      { check: 'answers', kind: 'replay-taken' },
    ])
  })

  test('the real parts take a handshake once', async () => {
    expect(await foundBy({ kind: 'handshake-replay' }, {})).toEqual([])
  })

  test('a gateway that waits for uploads which it will refuse is found', async () => {
    await using arena = await arenaOf({ worker: await plantedWorker('waits-for-uploads') })
    const { violations } = await leaveUploads(arena, 5, SOON_MS)
    expect(violations).toMatchObject([{ check: 'answers', kind: 'stuck' }])
  })

  test('a gateway whose workerd stays away, and a front that drops closes, are found', async () => {
    await using arena = await arenaOf({})
    await using front = await frontThatDropsCloses(arena.gateway.port)
    const behindIt = { home: arena.home, clientLink: { port: front.port } }
    expect(await closeWithCode(behindIt, 1005, SOON_MS)).toMatchObject({
      violations: [{ check: 'front', kind: 'unreleased' }],
    })
    await arena.gateway.spoilConfig()
    expect(await crashWorkerd(arena.gateway, SOON_MS)).toMatchObject({
      violations: [{ check: 'front', kind: 'stuck' }],
    })
  })
})

function arenaOf(options: Omit<ArenaOptions, 'random'>): Promise<Arena> {
  return anArena({ random: seededRandom(SEED), ...options })
}

/** What a fault finds at a broken part that answers some requests meanwhile. */
async function foundBy(fault: Fault, options: Omit<ArenaOptions, 'random'>): Promise<Violation[]> {
  await using arena = await arenaOf(options)
  const gets = startGets(arena.clientLink.port, `Bearer ${arena.home.bearer}`, 50)
  const load = { underWay: () => 1, longBodies: () => 0 }
  const { violations } = await fireFault(fault, arena, load, () => {})
  // Not waited for: with the daemon driven out they are answered when everything is taken down.
  void gets.stop()
  return [...violations]
}

test('a front that holds every client, or waits without end, is found', async () => {
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

test('a fault that hit nothing is found', () => {
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
