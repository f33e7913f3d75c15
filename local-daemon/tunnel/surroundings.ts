import { networkInterfaces } from 'node:os'

/** How often the clock is looked at, milliseconds: a second costs nothing, and a sleep is found as soon as it ends. */
const TICK_MS = 1_000
/** How often the machine's addresses are looked at, in ticks. */
const NETWORK_TICKS = 3
/** A tick that is so late, milliseconds, means that the machine or the process slept; a busy moment is shorter. */
const JUMP_MS = 5_000
/** Less is a correction of the clock that nobody notices, milliseconds. */
const BACK_MS = 1_000

/** What is told of the machine that the daemon runs on. */
export interface SurroundingsListener {
  /** A second went by as usual. */
  tick(): void
  /** The wall clock jumped: the lid was closed, the process was stopped, or the clock was set. @param byMs negative: back */
  clockJumped(byMs: number): void
  /** The machine has other addresses than before. */
  networkChanged(): void
}

export interface SurroundingsSources {
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number
  /** The addresses of now, in any stable order; undefined: the system does not tell. */
  readonly addresses: () => string | undefined
}

/** Looks at the clock and at the addresses until the returned function is called. */
export function watchSurroundings(
  listener: SurroundingsListener,
  { now, addresses }: SurroundingsSources,
): () => void {
  let ticks = 0
  let last = now()
  let known = addresses()

  function lookAtNetwork() {
    const found = addresses()
    if (found === undefined || found === known) return
    const first = known === undefined
    known = found
    if (!first) listener.networkChanged()
  }

  const timer = setInterval(() => {
    ticks += 1
    const at = now()
    const gap = at - last
    last = at
    const jumped = gap > JUMP_MS || gap < -BACK_MS
    if (jumped) listener.clockJumped(gap - TICK_MS)
    else listener.tick()
    if (jumped || ticks % NETWORK_TICKS === 0) lookAtNetwork()
  }, TICK_MS)
  return () => clearInterval(timer)
}

/** The machine's addresses other than loopback, as one text to compare; undefined where the system forbids to ask. */
export function localAddresses(): string | undefined {
  try {
    return Object.entries(networkInterfaces())
      .flatMap(([name, all = []]) =>
        all
          .filter(({ internal }) => !internal)
          .map(({ cidr, address }) => `${name} ${cidr ?? address}`),
      )
      .toSorted()
      .join('\n')
  } catch {
    // Android and some sandboxes throw here; then only silence tells.
    return undefined
  }
}
