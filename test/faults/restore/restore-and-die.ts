import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import Database from 'better-sqlite3'
import { runSpl } from '../../../local-daemon/cli/spl.ts'

/* Restores the newest backup, and is killed before the nth step that changes a file; prints `whole` if it was not. */

const [step = '0'] = process.argv.slice(2)
let left = Number(step)

/** One step more: the last one is not done. */
function count(): void {
  left -= 1
  if (left < 0) process.kill(process.pid, 'SIGKILL')
}

const STEPS = [
  'copyFileSync',
  'fsyncSync',
  'mkdirSync',
  'mkdtempSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
  'writeSync',
] as const
for (const name of STEPS) {
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

await runSpl(['node', 'spl', 'restore', '--yes', '--json'])
left = Infinity
if (process.exitCode === undefined || process.exitCode === 0) process.stdout.write('whole')
