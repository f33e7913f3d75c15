import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds in which a helper notices that the process it watches is gone. */
const GRACE_MS = 2_000

/** Resolves when no process has the path in its command line any more: a test must leave none behind. */
export async function nothingRuns(path: string): Promise<void> {
  const deadline = Date.now() + GRACE_MS
  for (;;) {
    const left = processesOf(path)
    if (left.length === 0) return
    if (Date.now() > deadline) throw new Error(`still running: ${left.join('\n')}`)
    await sleep(20)
  }
}

function processesOf(path: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'stat=,args='], { encoding: 'utf8' }).split('\n')
  return lines.filter((line) => line.includes(path) && !line.startsWith('Z'))
}
