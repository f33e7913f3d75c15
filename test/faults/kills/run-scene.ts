import { appendFileSync } from 'node:fs'
import { seededRandom, type Random } from '../../support/random.ts'
import { AFTER, drawKill, type Kill, type Measured, type Outcome } from './kill.ts'

/** Work of the daemon or the command line that is killed again and again. */
export interface Scene extends AsyncDisposable {
  /**
   * Does the work once, is killed as told, starts again, and checks everything; without a kill it measures the work.
   *
   * @param random for other choices of this round
   */
  round(kill: Kill | undefined, measured: Measured, random: Random): Promise<Outcome>
}

/** How often each scene is killed. */
export const KILLS = Number(process.env['SPL_KILLS'] ?? 2)
const SEED = process.env['SPL_CHAOS_SEED'] ?? 'kills'
/** Begins at this round of a seed, to repeat one that failed. */
const FIRST = Number(process.env['SPL_KILLS_FROM'] ?? 0)
/** Rounds without a kill, before: the second one is warm. */
const UNKILLED = KILLS < 10 ? 1 : 2

/**
 * @returns how many kills there were, and how many of them came after the work
 * @throws Error with the seed and the round, as what went wrong
 */
export async function runScene(
  name: string,
  make: () => Promise<Scene>,
): Promise<{ readonly kills: number; readonly late: number }> {
  await using scene = await make()
  let measured: Measured = { ms: 0, steps: 0 }
  for (let n = 0; n < UNKILLED; n += 1) {
    measured = await scene.round(undefined, measured, seededRandom(`${SEED} ${name} whole ${n}`))
  }
  const found = new Map<string, number>()
  for (let n = FIRST; n < FIRST + KILLS; n += 1) {
    const random = seededRandom(`${SEED} ${name} ${n}`)
    const kill = drawKill(random)
    try {
      const { where, ms, steps } = await scene.round(kill, measured, random)
      found.set(where, (found.get(where) ?? 0) + 1)
      // What was not killed shows how long the work takes now: a machine has slow hours.
      if (where === AFTER) measured = { ms, steps: steps > 0 ? steps : measured.steps }
    } catch (error) {
      const again = `SPL_CHAOS_SEED=${SEED} SPL_KILLS=1 SPL_KILLS_FROM=${n}`
      throw new Error(`${name}, ${JSON.stringify(kill)} (${again}): ${String(error)}`, {
        cause: error,
      })
    }
  }
  tell(name, found)
  return { kills: KILLS, late: found.get(AFTER) ?? 0 }
}

/** Where the kills hit. */
function tell(name: string, found: ReadonlyMap<string, number>): void {
  const hits = Object.fromEntries([...found].toSorted(([one], [other]) => (one < other ? -1 : 1)))
  const line = JSON.stringify({ scene: name, seed: SEED, kills: KILLS, hits })
  const file = process.env['SPL_KILLS_REPORT']
  if (file === undefined) process.stderr.write(`${line}\n`)
  else appendFileSync(file, `${line}\n`)
}
