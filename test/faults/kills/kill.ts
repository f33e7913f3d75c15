import type { Random } from '../../support/random.ts'

/** When a process is killed, and with whom. */
export interface Kill {
  /** How far in the work, from 0 to 1. */
  readonly at: number
  /** At a moment, or before a step that changes a file. */
  readonly by: 'time' | 'step'
  /** Whether what it started dies with it. */
  readonly group: boolean
}

export function drawKill(random: Random): Kill {
  return {
    at: random.next(),
    by: random.pick(['time', 'step'] as const),
    group: random.next() < 0.5,
  }
}

/** How long the work of a scene takes when nobody kills it. */
export interface Measured {
  readonly ms: number
  readonly steps: number
}

/** What became of one round. */
export interface Outcome extends Measured {
  /** Where the kill hit, in a word or two; `after the work` when it came too late. */
  readonly where: string
}

export const AFTER = 'after the work'

/** Steps that are done before the kill. */
export function stepOf(kill: Kill, { steps }: Measured): number {
  return Math.floor(kill.at * steps)
}

/** Milliseconds from the beginning of the work. */
export function delayOf(kill: Kill, { ms }: Measured): number {
  return kill.at * ms
}
