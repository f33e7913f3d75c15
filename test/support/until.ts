import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition that has no event. The limit is generous: only a broken product reaches it. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 15_000,
): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms until ${what}`)
    await sleep(5)
  }
}

/** Waits until a number that grows has stood still for 300 ms. */
export async function settled(count: () => number): Promise<void> {
  for (let last = -1; last !== count(); await sleep(300)) last = count()
}
