import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { aKeptHome } from '../../../support/daemon/a-kept-home.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import { until } from '../../../support/until.ts'
import { filesWith } from '../../../support/files-with.ts'

type KeptHome = ReturnType<typeof aKeptHome>

const CANARY = 'canary-7f3a-yellow-bird'

interface Redaction {
  readonly created: boolean
  readonly erased: boolean
}

async function redact(at: KeptHome, id: string, reason = 'it must go'): Promise<Redaction> {
  const answer = await at.ask(`/v1/records/${id}/redact`, {
    method: 'POST',
    body: JSON.stringify({ reason }),
  })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Redaction
}

/** A home with a record in the middle whose body, goal and size put the canary into as many places as there are. */
async function withCanary(at: KeptHome): Promise<string> {
  await at.start()
  const { store } = at.daemon()
  await at.append(60)
  const body = { goal: `find ${CANARY}`, text: `${CANARY} `.repeat(3_000) }
  const { record } = await store.append(aDraft({ act: 'INTEND', thread: 'th_bird', body }))
  // Its thread is written again and again, and pages are moved.
  for (let n = 0; n < 60; n += 1) {
    await store.append(aDraft({ thread: 'th_bird', body: { n } }))
    await store.append(aDraft({ act: 'INTEND', thread: `th_${n}`, body: { goal: `goal ${n}` } }))
  }
  expect(filesWith(at.path, CANARY)).not.toEqual([])
  return record.id
}

describe('a redacted body', () => {
  it('is in no file of the home once the answer says so, nor after a stop and a new start', async () => {
    await using at = aKeptHome()
    const id = await withCanary(at)
    expect(await redact(at, id)).toMatchObject({ created: true, erased: true })
    expect(filesWith(at.path, CANARY)).toEqual([])
    expect(await (await at.ask(`/v1/records/${id}`)).text()).not.toContain(CANARY)
    expect(await (await at.ask('/v1/threads')).text()).not.toContain(CANARY)
    const query = { method: 'POST', body: JSON.stringify({ filter: { id } }) }
    const found = await (await at.ask('/v1/records/query', query)).text()
    expect(found).toContain('"redacted":{')
    expect(found).not.toContain(CANARY)
    await at.append(5)
    await at.stop()
    expect(filesWith(at.path, CANARY)).toEqual([])
    await at.start()
    expect(await (await at.ask('/v1/sync/changes?limit=1000')).text()).not.toContain(CANARY)
    const verified = await runHere(['verify', '--json'], { home: at.path })
    expect(JSON.parse(verified.stdout)).toMatchObject({ status: 'ok', count: 0 })
  })

  it('is in no copy that is made afterwards', async () => {
    await using at = aKeptHome()
    await redact(at, await withCanary(at))
    const database = new Database(at.database, { readonly: true })
    const [copy, online] = [join(at.aside, 'copy.db'), join(at.aside, 'online.db')]
    database.prepare('VACUUM INTO ?').run(copy)
    await database.backup(online)
    database.close()
    expect(filesWith(at.aside, CANARY)).toEqual([])
    at.copyStore()
    expect(filesWith(at.aside, CANARY)).toEqual([])
  })

  it('is in no file although free pages had it, from before a table was made anew', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(3)
    await at.stop()
    const database = new Database(at.database)
    database.pragma('secure_delete = OFF')
    database.exec('CREATE TABLE old (text TEXT) STRICT')
    database.prepare('INSERT INTO old VALUES (?)').run(`${CANARY} `.repeat(20_000))
    database.exec('DROP TABLE old')
    database.pragma('wal_checkpoint(TRUNCATE)')
    expect(database.pragma('freelist_count', { simple: true })).toBeGreaterThan(10)
    database.close()
    expect(filesWith(at.path, CANARY)).toEqual([at.database])
    await at.start()
    const [id = ''] = await at.append(1, 'other')
    expect(await redact(at, id)).toMatchObject({ erased: true })
    expect(filesWith(at.path, CANARY)).toEqual([])
  })

  it('stays in the log while another program reads the store, and is gone soon after', async () => {
    await using at = aKeptHome()
    const id = await withCanary(at)
    const reader = new Database(at.database, { readonly: true })
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM records').get()
    expect(await redact(at, id)).toMatchObject({ created: true, erased: false })
    expect(await redact(at, id)).toMatchObject({ created: false, erased: false })
    reader.exec('COMMIT')
    reader.close()
    await until('it is gone', () => filesWith(at.path, CANARY).length === 0)
    expect(await redact(at, id)).toMatchObject({ created: false, erased: true })
    expect(at.daemon().store.trouble()).toBeUndefined()
  })
})

describe('a redacted record in a bulk append', () => {
  it('is refused by its own code: what was sent before, and what another daemon redacted', async () => {
    await using at = aKeptHome()
    await at.start()
    const [id = '', other = ''] = await at.append(2)
    const changes = async () =>
      JSON.parse(await (await at.ask('/v1/sync/changes?thread=th_test')).text()) as {
        records: { id: string }[]
      }
    const before = (await changes()).records.find((one) => one.id === id)
    await redact(at, id)
    const after = (await changes()).records.find((one) => one.id === id)
    const kept = (await changes()).records.find((one) => one.id === other)
    const answer = await at.ask('/v1/records', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: [before, after, kept].map((line) => `${JSON.stringify(line)}\n`).join(''),
    })
    const lines = (await answer.text()).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { line: 1, outcome: 'rejected', code: 'RECORD_REDACTED' },
      { line: 2, outcome: 'rejected', code: 'RECORD_REDACTED' },
      { line: 3, outcome: 'duplicate', id: other },
      { object: 'bulk_summary', rejected: 2 },
    ])
    expect(await (await at.ask(`/v1/records/${id}`)).text()).toContain('"redacted":{')
  })
})
