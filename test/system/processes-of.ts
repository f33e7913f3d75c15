import { execFileSync } from 'node:child_process'

/** Command lines of everything that runs with a path in it: what a test must not leave behind. */
export function processesOf(path: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'stat=,args='], { encoding: 'utf8' }).split('\n')
  return lines.filter((line) => line.includes(path) && !line.startsWith('Z'))
}

/** @throws Error with the command lines of what still runs */
export function assertNothingRuns(path: string): void {
  const left = processesOf(path)
  if (left.length > 0) throw new Error(`still running: ${left.join('\n')}`)
}
