import { type ChildProcess, spawn } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openStore } from '../../../../local-daemon/store/open-store.ts'
import { type StoredRecord, syncJson } from '../../../../local-daemon/store/stored-record.ts'
import { verifyRecord } from '../../../../protocol/records/record-signature.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { anOrigin } from '../../../support/daemon/a-store.ts'

const ROUNDS = 8
const WRITER = fileURLToPath(new URL('./acknowledge.ts', import.meta.url))

/** Runs a writer, ends it at a random moment after its first record, and tells what it acknowledged. */
async function acknowledgedBefore(
  signal: NodeJS.Signals,
  path: string,
  end: (child: ChildProcess) => void,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      if (output === '') setTimeout(() => end(child), Math.random() * 400)
      output += text.toString()
    })
    child.once('close', () => resolve())
  })
  expect(child.signalCode).toBe(signal)
  // The last line may be cut: a record that nobody could read an acknowledgement of.
  return output.split('\n').slice(0, -1)
}

it(
  'a killed daemon keeps all it acknowledged, whole and in order',
  { timeout: 60_000 },
  async () => {
    using home = aHome()
    const path = join(home.path, 'hub.db')
    const acknowledged = new Set<string>()
    for (let round = 0; round < ROUNDS; round += 1) {
      const ids = await acknowledgedBefore('SIGKILL', path, (child) => child.kill('SIGKILL'))
      expect(ids.length).toBeGreaterThan(0)
      for (const id of ids) acknowledged.add(id)
    }

    const store = openStore({ path, origin: anOrigin() })
    const missing = [...acknowledged].filter((id) => store.record(id) === undefined)
    expect(missing).toEqual([])

    const perThread = new Map<string, number>()
    const sample: StoredRecord[] = []
    let seq = 0
    for (;;) {
      const { records, cut } = store.page({}, seq, store.head(), 500)
      for (const record of records) {
        seq += 1
        expect(record.seq).toBe(seq)
        perThread.set(record.thread, (perThread.get(record.thread) ?? 0) + 1)
        // Every seventh keeps the test short.
        if (seq % 7 === 0) sample.push(record)
      }
      if (!cut) break
    }
    expect(seq).toBeGreaterThanOrEqual(acknowledged.size)
    for (const record of sample) {
      const claim = JSON.parse(syncJson(record)) as Parameters<typeof verifyRecord>[0]
      expect(await verifyRecord(claim)).toMatchObject({ kind: 'verified', id: record.id })
    }
    for (const [thread, records] of perThread) {
      expect(store.thread(thread)).toMatchObject({ records })
    }
    store.close()
    const database = new Database(path)
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    database.close()
  },
)

it.runIf(process.platform === 'linux')(
  'a daemon whose hub.db-shm is truncated ends at once, and has lost nothing that it acknowledged',
  async () => {
    using home = aHome()
    const path = join(home.path, 'hub.db')
    const ids = await acknowledgedBefore('SIGBUS', path, () => truncateSync(`${path}-shm`))
    const store = openStore({ path, origin: anOrigin() })
    expect(ids.filter((id) => store.record(id) === undefined)).toEqual([])
    store.close()
  },
)
