import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { aDraft, overSocket } from '../../support/daemon/a-daemon.ts'

/* A daemon on a small file system, which is filled and freed; prints what was told before, while and after, as JSON. */

const home = process.argv[2] ?? ''
const daemon = await startDaemon({ home, port: 0, logger: pino({ level: 'silent' }) })
const acknowledged: string[] = []

async function append(bytes: number): Promise<string> {
  try {
    const { record } = await daemon.store.append(aDraft({ body: { text: 'x'.repeat(bytes) } }))
    acknowledged.push(record.id)
    return 'taken'
  } catch (error) {
    return String((error as { code?: string }).code)
  }
}

async function told() {
  const { text } = await overSocket(daemon.addresses.socket, '/health')
  const { status, store } = JSON.parse(text) as {
    status: string
    store: { writable: boolean; problem: { code: string; try: string } | null }
  }
  return [status, store.writable, store.problem?.code ?? null]
}

const before = [await append(10), ...(await told())]
const filler = join(home, 'filler')
const file = openSync(filler, 'w')
try {
  for (;;) writeSync(file, Buffer.alloc(4096))
} catch {
  closeSync(file)
}
let first = 'taken'
for (let n = 0; n < 50 && first === 'taken'; n += 1) first = await append(100_000)
const full = [first, await append(10), ...(await told())]
const read = acknowledged.every((id) => daemon.store.record(id) !== undefined)
rmSync(filler)
const freed = performance.now()
while (daemon.store.trouble() !== undefined && performance.now() - freed < 10_000) await sleep(50)
const seconds = (performance.now() - freed) / 1000
const after = [await append(100_000), ...(await told())]
await daemon.stop()
process.stdout.write(JSON.stringify({ before, full, read, seconds, after }))
process.exit(0)
