import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/until.ts'
import type { Arena } from './arena.ts'
import { crashWorkerd } from './crash-workerd.ts'
import type { FaultLink } from './fault-link.ts'
import { FRONT_CONNECTIONS } from './gateway-child.ts'
import type { Lane, Shape } from './lane.ts'
import type { Load } from './clients/load.ts'
import { floodHandshakes, floodIdle } from './clients/floods.ts'
import { closeWithCode } from './clients/hostile-closes.ts'
import { leaveUploads, sendHostileChunks } from './clients/hostile-uploads.ts'
import type { Outcome } from './outcome.ts'
import { handshakeOf, replayHandshake } from './clients/replay-opening.ts'
import { revokeReader } from './clients/revoked-reader.ts'
import type { Fault } from './schedule.ts'
import { fillDisk, lockStore } from './store-faults.ts'
import type { Violation } from './violation.ts'
import type { Witness } from './witness.ts'

/** Milliseconds that a fault waits for traffic to meet: longer than any backoff that a run brings about. */
const LIVE_MS = 45_000
/** What is looked at to tell that a link carries something now, milliseconds. */
const MOMENT_MS = 50
/** How often a flapping link cuts, milliseconds. */
const FLAP_MS = 25
/** Milliseconds that an end waits for a long body to cut. */
const BODY_MS = 5_000
/** RFC 9110: a proof that was used before is no proof. */
const UNAUTHORIZED = 401

export interface Fired {
  readonly witness: Omit<Witness, 'atMs'>
  readonly violations: readonly Violation[]
}

/**
 * Waits until the fault has live traffic to meet, does it, and tells what it met. Resolves when it is over, not when
 * everything is well again.
 * @param load what is open now
 * @throws Error when there was no traffic to meet
 */
export async function fireFault(
  fault: Fault,
  arena: Arena,
  load: Pick<Load, 'underWay' | 'longBodies'>,
  fired: () => void,
): Promise<Fired> {
  const { tunnelLink, clientLink, home, gateway } = arena
  const link = fault.kind.startsWith('client-') ? clientLink : tunnelLink
  let bytes = 0
  await until(
    `${fault.kind} has traffic to meet`,
    async () => {
      // Another fault may have just ended the process.
      const status = await home.status().catch(() => undefined)
      if (status?.state !== 'connected') return false
      bytes = await momentsBytes(link)
      return bytes > 0 && link.connections > 0 && load.underWay() > 0
    },
    LIVE_MS,
  )
  const met = { kind: fault.kind, connections: link.connections, underWay: load.underWay() }
  const done = (effect: string, touched = bytes, violations: readonly Violation[] = []): Fired => ({
    witness: { ...met, bytes: touched, effect },
    violations,
  })
  const told = async (outcome: Promise<Outcome>): Promise<Fired> => {
    const { effect, bytes: moved, violations } = await outcome
    return done(effect, moved, violations)
  }
  fired()

  switch (fault.kind) {
    case 'tunnel-reset':
    case 'client-reset':
      return done(`reset ${link.cut('reset')} connections`)
    case 'tunnel-fin':
    case 'client-fin':
      return done(`ended ${link.cut('fin')} connections`)
    case 'tunnel-orphan':
      return done(`reset ${link.orphan()} connections at one end`)
    case 'tunnel-stall': {
      const held = await shaped([link.up, link.down], { stalled: true }, fault.ms)
      if (fault.ending === 'reset') link.cut('reset')
      return done(`held ${held} bytes for ${fault.ms} ms, then ${fault.ending}`, held)
    }
    case 'client-stall':
    case 'tunnel-stall-up':
    case 'tunnel-stall-down': {
      const lanes = fault.kind === 'client-stall' ? [link.up, link.down] : [wayOf(fault.kind, link)]
      const held = await shaped(lanes, { stalled: true }, fault.ms)
      return done(`held ${held} bytes for ${fault.ms} ms`, held)
    }
    case 'tunnel-delay': {
      const { delayMs, ms } = fault
      const late = await shaped([link.up, link.down], { delayMs }, ms)
      return done(`${late} bytes came ${delayMs} ms late`, late)
    }
    case 'tunnel-throttle':
    case 'client-throttle': {
      const { bytesPerSecond, ms } = fault
      const cuts = fault.kind === 'tunnel-throttle' && fault.ending === 'reset'
      // A part of a body must not look like the whole.
      const inBody = () => until('a long body is under way', () => load.longBodies() > 0, BODY_MS)
      const slowed = await shaped([link.up, link.down], { bytesPerSecond }, ms, async () => {
        if (!cuts) return
        await inBody().catch(() => {})
        link.cut('reset')
      })
      return done(`slowed ${slowed} bytes to ${bytesPerSecond} per second`, slowed)
    }
    case 'tunnel-split':
    case 'client-split': {
      const split = await shaped([link.up, link.down], { split: fault.bytes }, fault.ms)
      return done(`split ${split} bytes into pieces of at most ${fault.bytes}`, split)
    }
    case 'tunnel-refuse': {
      const before = link.refused
      link.refusing = true
      link.cut('reset')
      // The daemon has to have tried, however short the time.
      const tried = until('one is refused', () => link.refused > before, LIVE_MS)
      await Promise.all([sleep(fault.ms), tried])
      link.refusing = false
      return done(`refused ${link.refused - before} connections`)
    }
    case 'tunnel-flap': {
      const before = link.made
      let cuts = 0
      for (
        const end = performance.now() + fault.ms;
        performance.now() < end || link.made === before;
      ) {
        cuts += link.cut('reset')
        await sleep(FLAP_MS)
      }
      cuts += link.cut('reset')
      return done(`reset ${cuts} connections, one after the other`)
    }
    case 'handshake-replay': {
      const head = handshakeOf(link.opening) ?? ''
      let status = 0
      // No answer: another fault has just ended the gateway.
      const answered = async () => (status = await replayHandshake(gateway.port, head)) !== 0
      await until('the handshake is answered', answered, LIVE_MS)
      const text = `a handshake that was sent twice was answered with ${status}`
      const taken: Violation = { check: 'answers', kind: 'replay-taken', text }
      return done(text, head.length, status === UNAUTHORIZED ? [] : [taken])
    }
    case 'daemon-kill':
      await home.kill()
      await home.start()
      return done('killed, and started again')
    case 'daemon-restart': {
      const code = await home.terminate()
      await home.start()
      const unclean: Violation = {
        check: 'answers',
        kind: 'surprise',
        text: `the daemon ended with ${code} when it was asked to stop`,
      }
      return done(`ended with ${code}, and started again`, bytes, code === 0 ? [] : [unclean])
    }
    case 'daemon-pause':
      await home.pause(fault.ms)
      return done(`stood still for ${fault.ms} ms`)
    case 'gateway-kill':
      await gateway.kill()
      await gateway.start()
      return done('killed, and started again')
    case 'gateway-pause':
      await gateway.pause(fault.ms)
      return done(`stood still for ${fault.ms} ms`)
    case 'gateway-crash':
      return told(crashWorkerd(gateway))
    case 'client-close-code':
      return told(closeWithCode(arena, fault.code))
    case 'client-revoked':
      return told(revokeReader(arena, fault.ends))
    case 'client-uploads':
      return told(leaveUploads(arena, fault.count))
    case 'client-chunks':
      return told(sendHostileChunks({ port: gateway.port, bearer: home.bearer }))
    case 'client-idle-flood':
      return told(floodIdle(gateway.port, fault.count, FRONT_CONNECTIONS))
    case 'client-tls-flood': {
      const { handshakeMs } = QUICK_HANDSHAKES
      const front = await gateway.secureFront(QUICK_HANDSHAKES)
      try {
        return await told(floodHandshakes(front.port, fault.count, handshakeMs))
      } finally {
        await front.destroy()
      }
    }
    case 'store-lock':
      return told(lockStore(arena, fault.ms))
    case 'store-full':
      return told(fillDisk(arena, fault.ms))
  }
}

/** Time that a handshake may take while handshakes are left, milliseconds: the flood is over soon. */
const QUICK_HANDSHAKES = { handshakeMs: 400 } as const

function wayOf(kind: 'tunnel-stall-up' | 'tunnel-stall-down', link: FaultLink): Lane {
  return kind === 'tunnel-stall-up' ? link.up : link.down
}

/** @returns bytes that the link carried just now */
async function momentsBytes(link: FaultLink): Promise<number> {
  const before = link.passed
  await sleep(MOMENT_MS)
  return link.passed - before
}

/** Changes lanes for a time. @param last what is done before they are as ever again @returns bytes that came meanwhile */
async function shaped(
  lanes: readonly Lane[],
  shape: Partial<Shape>,
  ms: number,
  last: () => Promise<void> = async () => {},
): Promise<number> {
  const touched = () => lanes.reduce((sum, lane) => sum + lane.touched, 0)
  const before = touched()
  for (const lane of lanes) Object.assign(lane.shape, shape)
  // Longer only if nothing came: a stall that held nothing was none.
  try {
    await Promise.all([sleep(ms), until('bytes came', () => touched() > before, LIVE_MS)])
    await last()
  } finally {
    for (const lane of lanes) Object.assign(lane.shape, PLAIN)
  }
  return touched() - before
}

const PLAIN: Shape = { stalled: false, delayMs: 0, bytesPerSecond: 0, split: 0 }
