import { hasTerminal } from './hang-up.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Milliseconds in which a repeated signal counts as the same one: Ctrl-C under `npm start` arrives twice, once from
 * the terminal and once passed on by npm.
 */
const SAME_SIGNAL_MS = 500

/**
 * Resolves at the first signal that asks this process to stop: SIGINT, SIGTERM, and SIGHUP where there is a terminal. From
 * then on a second one exits at once, with the shell's number for it, so a stop that hangs can be left.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAt: number | undefined
    for (const signal of hasTerminal() ? ([...SIGNALS, 'SIGHUP'] as const) : SIGNALS) {
      process.on(signal, () => {
        const now = performance.now()
        if (firstAt === undefined) {
          firstAt = now
          resolve(signal)
        } else if (now - firstAt > SAME_SIGNAL_MS) {
          process.exit(128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal])
        }
      })
    }
  })
}
