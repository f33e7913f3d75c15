import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { copyStore } from './copy-store.ts'

/*
 * A process of its own copies the store: `VACUUM INTO` and the proof take a core for seconds, and cannot be stopped in a thread.
 * Its arguments are the source and the target; it prints the copy, or why there is none, as one line of JSON. Its input stays open for as long
 * as whoever wants the copy lives: with a killed daemon it ends too. SQLite keeps this thread, so another one notices that.
 */

const WATCH = `
  const { Socket } = require('node:net')
  new Socket({ fd: 0 }).on('close', () => process.kill(process.pid, 'SIGKILL')).resume()`
new Worker(WATCH, { eval: true }).unref()

const STDOUT = 1
const [source = '', target = ''] = process.argv.slice(2)

try {
  writeSync(STDOUT, JSON.stringify({ copy: await copyStore(source, target) }))
} catch (error) {
  const { name, message, code, try: next } = error as Error & { code?: string; try?: string }
  writeSync(STDOUT, JSON.stringify({ fault: { name, message, code, try: next } }))
}
