import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { processStart } from './process-start.ts'

/** The process that wrote a pid file, and runs. */
export interface HomeHolder {
  readonly pid: number
  /** Such as `spl restore`; undefined for a daemon. */
  readonly command: string | undefined
}

/**
 * Writes `<pid>\n<start time>\n`, and for another command than the daemon its name. The file tells the CLI which process to signal; it is
 * not the lock (exclusive-lock.ts is), so a stale one does no harm.
 */
export function writePidFile(path: string, command = ''): void {
  const temporary = `${path}.${process.pid}`
  const lines = [process.pid, processStart(process.pid) ?? '', command]
  writeFileSync(temporary, `${lines.join('\n').trimEnd()}\n`, { mode: 0o600 })
  renameSync(temporary, path)
}

/** The pid of the daemon that wrote the file; undefined if that process no longer runs, or is no daemon. */
export function readRunningPid(path: string): number | undefined {
  const holder = readHolder(path)
  return holder?.command === undefined ? holder?.pid : undefined
}

/** The process that wrote the file, or undefined if it no longer runs. */
export function readHolder(path: string): HomeHolder | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  const [pidText = '', started = '', command = ''] = text.split('\n')
  const pid = Number(pidText)
  if (!/^[1-9][0-9]*$/.test(pidText) || !Number.isSafeInteger(pid)) return undefined
  const now = processStart(pid)
  if (now === undefined || now !== started) return undefined
  return { pid, command: command === '' ? undefined : command }
}

/** Removes the file, if it exists. */
export function removePidFile(path: string): void {
  rmSync(path, { force: true })
}
