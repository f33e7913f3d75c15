import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import Database from 'better-sqlite3'

/** A function of `node:fs` that changes files. */
export type FileStep =
  | 'copyFileSync'
  | 'fsyncSync'
  | 'linkSync'
  | 'mkdirSync'
  | 'mkdtempSync'
  | 'renameSync'
  | 'rmSync'
  | 'rmdirSync'
  | 'truncateSync'
  | 'writeSync'

let left = Infinity

/** Counts these calls of this process from now on, and each close of a database, which may fold its log. */
export function countSteps(steps: readonly FileStep[]): void {
  for (const name of steps) {
    const real = fs[name] as (...all: unknown[]) => unknown
    Object.assign(fs, {
      [name]: (...all: unknown[]) => {
        count()
        return real(...all)
      },
    })
  }
  syncBuiltinESMExports()
  const { close } = Database.prototype
  Database.prototype.close = function closeCounted() {
    count()
    return close.call(this)
  }
}

/** So many more steps are done; the one after them kills this process instead. `Infinity`: all are done. */
export function killAfter(steps: number): void {
  left = steps
}

function count(): void {
  left -= 1
  if (left < 0) process.kill(process.pid, 'SIGKILL')
}
