import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openStore } from '../../../../local-daemon/store/open-store.ts'
import { aDraft, aHome } from '../../../support/daemon/a-daemon.ts'
import { anOrigin } from '../../../support/daemon/a-store.ts'
import { filesWith } from '../../../support/files-with.ts'

const REDACTER = fileURLToPath(new URL('./redact-and-say.ts', import.meta.url))
const ROUNDS = 12
const EACH_ROUND = 12

/** Redacts in a process that is killed meanwhile. Returns the ids that it called done. */
async function redactKilled(
  path: string,
  ids: readonly string[],
  killAfter: number,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [REDACTER, path, ...ids], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), killAfter)
      said += text.toString()
    })
    child.once('close', () => resolve())
  })
  return said.split('\n').filter((line) => line.length === 64)
}

it(
  'a killed redaction is done or not done: what was told is gone from every file, and a new start ends the rest',
  { timeout: 90_000 },
  async () => {
    using home = aHome()
    const path = join(home.path, 'hub.db')
    const store = openStore({ path, origin: anOrigin() })
    const canaries = Array.from({ length: ROUNDS * EACH_ROUND }, (_, n) => `canary-${n}-bird`)
    const all = await Promise.all(
      canaries.map(async (text, n) => {
        const body = { goal: text, text: `${text} `.repeat(n % 5 === 0 ? 900 : 3) }
        return (await store.append(aDraft({ thread: `th_${n % 9}`, body }))).record.id
      }),
    )
    store.close()
    let halves = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const at = round * EACH_ROUND
      const ids = all.slice(at, at + EACH_ROUND)
      const told = await redactKilled(path, ids, 1 + round * 5)
      if (told.length < EACH_ROUND) halves += 1
      for (const id of told) {
        expect(filesWith(home.path, `${canaries[all.indexOf(id)]} `)).toEqual([])
      }
      const again = openStore({ path, origin: anOrigin() })
      for (const [n, id] of ids.entries()) {
        const record = again.record(id)
        expect(record?.id).toBe(id)
        const canary = `${canaries[at + n]}`
        // Done: no trace of it. Not done: whole.
        if (record?.redacted === undefined) expect(record?.raw).toContain(canary)
        else expect(filesWith(home.path, `${canary} `)).toEqual([])
        if (told.includes(id)) expect(record?.redacted).toBeDefined()
        if (record?.redacted !== undefined) {
          expect(again.record(record.redacted.recordId)?.raw).toContain(id)
        }
      }
      const notes = again.page({ thread: 'th_audit_redactions' }, 0, again.head(), 500).records
      const redacted = all.filter((id) => again.record(id)?.redacted !== undefined)
      expect(notes).toHaveLength(redacted.length)
      expect(again.trouble()).toBeUndefined()
      again.close()
    }
    expect(halves).toBeGreaterThan(0)
    const database = new Database(path)
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    database.close()
  },
)
