import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * When a process started, as text that is only for comparing, or undefined if no such process runs.
 * A pid is reused after a while; a pid with its start time is not.
 */
export function processStart(pid: number): string | undefined {
  if (process.platform === 'linux') return linuxStart(pid)
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      // A service has another language and zone than a shell, and both must read the same text.
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    })
    return started.trim() || undefined
  } catch {
    return undefined
  }
}

/** Field 22 of /proc/<pid>/stat, counted after the command's name, which may contain spaces and brackets. */
function linuxStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
