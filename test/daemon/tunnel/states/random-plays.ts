import * as fc from 'fast-check'
import type { EventName } from '../../../../local-daemon/tunnel/states/events.ts'
import type { StateName } from '../../../../local-daemon/tunnel/states/state.ts'
import { SimulatedShell, type Taken } from './simulated-shell.ts'

/** Which of the possible events happens, and its chance: any as often as any other, or most cells would be rare. */
const steps = fc.noBias(
  fc.array(fc.record({ pick: fc.nat(), chance: fc.double({ min: 0, max: 0.999, noNaN: true }) }), {
    minLength: 80,
    maxLength: 120,
  }),
)
/** With one seed every run sees the same plays; they are so many that each cell is reached. */
const RUNS = { numRuns: 500, seed: 1 }

const STOP = { kind: 'stop', reason: 'a test' } as const

type Look = (shell: SimulatedShell, taken: Taken) => void

/** Plays random events that can happen, a stop somewhere among them, and looks at the shell after each. */
export function play(look: Look): void {
  fc.assert(
    fc.property(steps, fc.nat({ max: 200 }), (choices, stopAt) => {
      const shell = new SimulatedShell()
      for (const [index, { pick, chance }] of choices.entries()) {
        if (index === stopAt) look(shell, shell.take(STOP, chance))
        look(shell, takeAny(shell, index > stopAt, pick, chance))
      }
    }),
    RUNS,
  )
}

/** Plays the same without a stop, and looks at the shell at the end. */
export function playOut(look: (shell: SimulatedShell) => void): void {
  fc.assert(
    fc.property(steps, (choices) => {
      const shell = new SimulatedShell()
      for (const { pick, chance } of choices) takeAny(shell, false, pick, chance)
      look(shell)
    }),
    RUNS,
  )
}

function takeAny(shell: SimulatedShell, stops: boolean, pick: number, chance: number): Taken {
  const possible = shell.possible().filter(({ kind }) => stops || kind !== 'stop')
  return shell.take(possible[pick % possible.length] ?? STOP, chance)
}

/** The cell of the table that was used; undefined for what an older connection says in vain. */
export function cellOf({ before, happening }: Taken): readonly [StateName, EventName] | undefined {
  const { kind } = happening
  const own = kind === 'dialed' || !('connection' in happening) || kind === 'silent'
  if (own || happening.connection === before.newest?.id) return [before.name, kind]
  return kind.startsWith('closed') ? [before.name, 'older closed'] : undefined
}
