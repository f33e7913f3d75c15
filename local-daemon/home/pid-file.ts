import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { processStart } from './process-start.ts'

/**
 * Writes `<pid>\n<start time>\n`. The file tells the CLI which process to signal; it is not the lock
 * (exclusive-lock.ts is), so a stale one does no harm.
 */
export function writePidFile(path: string): void {
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, `${process.pid}\n${processStart(process.pid) ?? ''}\n`, { mode: 0o600 })
  renameSync(temporary, path)
}

/** The pid of the daemon that wrote the file, or undefined if that process no longer runs. */
export function readRunningPid(path: string): number | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  const [pidText = '', started = ''] = text.split('\n')
  const pid = Number(pidText)
  if (!/^[1-9][0-9]*$/.test(pidText) || !Number.isSafeInteger(pid)) return undefined
  const now = processStart(pid)
  return now !== undefined && now === started ? pid : undefined
}

/** Removes the file, if it exists. */
export function removePidFile(path: string): void {
  rmSync(path, { force: true })
}
