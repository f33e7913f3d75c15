import fs from 'node:fs'
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import Database from 'better-sqlite3'
import type { StepTask } from './killable.ts'

/*
 * Loaded before a process that is to be killed (`node --import`). Counts the steps that change a file, and the requests to a server, from
 * the start or from when it is told, and kills the process, perhaps with those that it started, before the nth one.
 */

const task = JSON.parse(process.env['SPL_DIE_AT'] ?? '{}') as StepTask
const isCopy = /copy-process/u.test(process.argv[1] ?? '')
let left = (isCopy ? task.copy : task.left) ?? Infinity
let steps = 0

function count(): void {
  steps += 1
  left -= 1
  if (left < 0) process.kill(task.group && !isCopy ? -process.pid : process.pid, 'SIGKILL')
}

function counted(of: object, names: readonly string[]): void {
  const methods = of as Record<string, (...all: unknown[]) => unknown>
  for (const name of names) {
    const real = methods[name]
    if (real === undefined) throw new Error(`${name} is no step`)
    methods[name] = function countedStep(...all) {
      count()
      return real.apply(this, all)
    }
  }
}

const CHANGES = ['copyFile', 'link', 'mkdir', 'mkdtemp', 'rename', 'rm', 'truncate', 'unlink']
const WITH_DESCRIPTORS = ['fsync', 'ftruncate', 'write', 'writev']
counted(fs, [...CHANGES, ...WITH_DESCRIPTORS])
counted(
  fs,
  [...CHANGES, ...WITH_DESCRIPTORS, 'rmdir'].map((name) => `${name}Sync`),
)
counted(fs.promises, CHANGES)
counted(http, ['request'])
syncBuiltinESMExports()
const handle = await fs.promises.open(process.execPath)
counted(Object.getPrototypeOf(handle) as object, ['sync', 'write', 'writeFile'])
await handle.close()
counted(Database.prototype, ['close', 'exec', 'pragma'])
const memory = new Database(':memory:')
counted(Object.getPrototypeOf(memory.prepare('SELECT 1')) as object, ['run'])
memory.close()
steps = 0

process.on('message', (told: StepTask | 'count') => {
  if (told !== 'count') {
    steps = 0
    left = told.left ?? Infinity
    task.group = told.group ?? false
  }
  process.send?.({ steps })
})
// It must not keep a command from its end.
process.channel?.unref()
process.on('exit', () => {
  if (task.countTo !== undefined && !isCopy) fs.appendFileSync(task.countTo, `${steps}`)
})
