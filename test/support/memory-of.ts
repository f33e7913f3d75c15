import { readFileSync } from 'node:fs'

/** Resident memory of a process, bytes. Linux only, as the CI is. */
export function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kilobytes === undefined) throw new Error(`read memory of ${pid}: no VmRSS`)
  return Number(kilobytes) * 1024
}
