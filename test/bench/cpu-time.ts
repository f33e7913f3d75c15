import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** Microseconds of a tick of /proc: USER_HZ is 100 on every Linux that Node.js runs on. */
const TICK_US = 10_000

/**
 * CPU that a process has used since its start, all threads, user and system, microseconds. Linux counts in steps of 10 ms;
 * elsewhere `ps` tells, on macOS in steps of 10 ms too. Undefined where neither does.
 */
export async function cpuTime(pid: number): Promise<number | undefined> {
  try {
    if (process.platform === 'linux') return parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'))
    const { stdout } = await run('ps', ['-o', 'time=', '-p', String(pid)])
    return parsePsTime(stdout)
  } catch {
    return undefined
  }
}

/** utime + stime of /proc/PID/stat, microseconds (proc(5)). The name in parentheses may hold blanks and parentheses. */
export function parseStat(text: string): number | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isNaN(ticks) ? undefined : ticks * TICK_US
}

/** `[[days-]hours:]minutes:seconds[.hundredths]`, as `ps -o time` prints it, microseconds. */
export function parsePsTime(text: string): number | undefined {
  const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)$/u.exec(text.trim())
  if (match === null) return undefined
  const [, days = '0', hours = '0', minutes, seconds = ''] = match
  const whole = (Number(days) * 24 + Number(hours)) * 60 + Number(minutes)
  return Math.round((whole * 60 + Number(seconds.replace(',', '.'))) * 1e6)
}

/** Processes by what they do. */
export type Processes = Readonly<Record<string, number | readonly number[]>>
/** Microseconds of CPU per request, by process; null where the system does not tell. */
export type CpuPerRequest = Readonly<Record<string, number | null>>

/** Runs the work and divides what each process used meanwhile by the requests that were answered. */
export async function withCpu<Result extends { readonly answered: number }>(
  processes: Processes,
  work: () => Promise<Result>,
): Promise<Result & { readonly cpu: CpuPerRequest }> {
  const before = await cpuOf(processes)
  const result = await work()
  const after = await cpuOf(processes)
  const cpu = Object.fromEntries(
    Object.keys(processes).map((name) => {
      const used = (after[name] ?? Number.NaN) - (before[name] ?? Number.NaN)
      return [name, Number.isNaN(used) ? null : used / result.answered]
    }),
  )
  return { ...result, cpu }
}

async function cpuOf(processes: Processes): Promise<Record<string, number>> {
  const entries = Object.entries(processes).map(async ([name, pids]) => {
    const times = await Promise.all([pids].flat().map((pid) => cpuTime(pid as number)))
    return [name, times.reduce<number>((sum, time) => sum + (time ?? Number.NaN), 0)] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}
