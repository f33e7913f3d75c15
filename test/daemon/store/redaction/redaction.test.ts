import { createHash } from 'node:crypto'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { verifyStore } from '../../../../local-daemon/cli/verify/verify-store.ts'
import { redactionNote } from '../../../../local-daemon/access/redaction-note.ts'
import type { StoredRecord } from '../../../../local-daemon/store/stored-record.ts'
import { flatJson, syncJson } from '../../../../local-daemon/store/stored-record.ts'
import { recordId, recordPreimage } from '../../../../protocol/records/record-id.ts'
import type { SplRecord } from '../../../../protocol/records/record.ts'
import { withoutBody } from '../../../../local-daemon/store/redaction/without-body.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import { aStore, type TestStore } from '../../../support/daemon/a-store.ts'

const BODY = { text: 'the password is hunter2', n: 1 }

function noteOf(at: TestStore, reason = 'a password') {
  const principal = { kind: 'owner' } as never
  return redactionNote(at.origin.did, { principal, reason, requestId: undefined })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function aRedacted(at: TestStore): Promise<StoredRecord> {
  await at.store.append(aDraft({ body: { text: 'before' } }))
  const { record } = await at.store.append(aDraft({ body: BODY, act: 'KNOW' }))
  await at.store.append(aDraft({ body: { text: 'after' } }))
  await at.store.redact(record.id, noteOf(at))
  return record
}

describe('a redacted record', () => {
  it('keeps its id, place, signature and every field but the body, and proves which body it had', async () => {
    using at = aStore()
    const before = await aRedacted(at)
    const after = at.store.record(before.id)
    expect(after).toMatchObject({
      seq: 2,
      id: before.id,
      thread: before.thread,
      actor: before.actor,
      origin: before.origin,
      redacted: { bodySha256: sha256('{"n":1,"text":"the password is hunter2"}') },
    })
    expect(after?.sig.equals(before.sig)).toBe(true)
    const left = JSON.parse(after?.raw ?? '{}') as SplRecord
    expect(left).toEqual({ ...(JSON.parse(before.raw) as SplRecord), body: {} })
    // Whoever has the body can rebuild what was hashed and signed.
    expect(await recordId(recordPreimage({ ...left, body: BODY }))).toBe(before.id)
  })

  it('is served so in every form and every list, and says so', async () => {
    using at = aStore()
    const { id } = await aRedacted(at)
    const whole = at.store.page({}, 0, at.store.head(), 500).records
    const lists = [
      whole,
      at.store.page({ thread: 'th_test' }, 0, at.store.head(), 500).records,
      at.store.page({ actor: 'did:sync:user:ada' }, 0, at.store.head(), 500).records,
    ]
    for (const records of lists) {
      const found = records.find((one) => one.id === id)
      expect(found?.redacted).toBeDefined()
      for (const text of [flatJson(found as StoredRecord), syncJson(found as StoredRecord)]) {
        expect(text).not.toContain('hunter2')
        const { redacted } = JSON.parse(text) as { redacted: Record<string, unknown> }
        expect(Object.keys(redacted)).toEqual(['at', 'body_sha256', 'record_id'])
        expect(at.store.record(redacted['record_id'] as string)?.thread).toBe('th_audit_redactions')
      }
    }
    expect(whole.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    const note = JSON.parse(whole[3]?.raw ?? '{}') as SplRecord
    expect(note).toMatchObject({
      parents: [id],
      actor: at.origin.did,
      body: { record_id: id, reason: 'a password', thread: 'th_test' },
    })
  })

  it('never comes back, and is not redacted twice', async () => {
    using at = aStore()
    const { id } = await aRedacted(at)
    const same = aDraft({ body: BODY, act: 'KNOW', clock: 1 })
    await expect(at.store.append(same)).rejects.toMatchObject({ code: 'RECORD_REDACTED' })
    const head = at.store.head()
    expect(await at.store.redact(id, noteOf(at))).toMatchObject({ created: false, erased: true })
    at.reopen()
    await expect(at.store.append(same)).rejects.toMatchObject({
      code: 'RECORD_REDACTED',
      detail: { try: expect.any(String) },
    })
    expect(at.store.head()).toBe(head)
    expect(at.store.trouble()).toBeUndefined()
  })

  it('never comes back to a request that is repeated with its Idempotency-Key either', async () => {
    using at = aStore()
    const draft = aDraft({ body: BODY })
    const once = { holder: 'ada', key: 'k', fingerprint: Buffer.alloc(32) }
    const { record } = await at.store.append(draft, { once })
    await at.store.redact(record.id, noteOf(at))
    const head = at.store.head()
    await expect(at.store.append(draft, { once })).rejects.toMatchObject({
      code: 'RECORD_REDACTED',
      message: expect.stringContaining(record.id),
    })
    expect(at.store.head()).toBe(head)
  })

  it('gives its thread another goal, the next one that was stated', async () => {
    using at = aStore()
    const { record } = await at.store.append(
      aDraft({ act: 'INTEND', body: { goal: 'rob a bank' } }),
    )
    await at.store.append(aDraft({ body: { goal: 7 } }))
    await at.store.append(aDraft({ act: 'INTEND', body: { goal: 'make tea' } }))
    expect(at.store.thread('th_test')?.goal).toBe('rob a bank')
    await at.store.redact(record.id, noteOf(at))
    expect(at.store.thread('th_test')?.goal).toBe('make tea')
    const only = (await at.store.append(aDraft({ thread: 'th_b', body: { goal: 'x' } }))).record
    await at.store.redact(only.id, noteOf(at))
    expect(at.store.thread('th_b')?.goal).toBeNull()
  })

  it('keeps the namespace that its body named: it decides who reads the thread', async () => {
    using at = aStore()
    const body = { namespace: 'default', text: 'hunter2' }
    const { record } = await at.store.append(aDraft({ body }))
    await at.store.redact(record.id, noteOf(at))
    expect(at.store.record(record.id)?.raw).toContain('"body":{"namespace":"default"}')
    // Records of before namespaces may say anything there.
    const odd = recordPreimage(
      aDraft({ body: { namespace: 'The Password' }, clock: 0 }) as SplRecord,
    )
    expect(withoutBody(odd).left).toContain('"body":{},')
  })

  it('is none that is not here, and none of the daemon’s own threads', async () => {
    using at = aStore()
    const { id } = await aRedacted(at)
    await expect(at.store.redact('f'.repeat(64), noteOf(at))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    const note = at.store.record(id)?.redacted?.recordId ?? ''
    await expect(at.store.redact(note, noteOf(at))).rejects.toMatchObject({
      code: 'THREAD_RESERVED',
    })
    for (const thread of ['th_engine_config', 'th_service_accounts', 'th_audit_impersonation']) {
      const { record } = await at.store.append(aDraft({ thread }))
      await expect(at.store.redact(record.id, noteOf(at))).rejects.toMatchObject({
        code: 'THREAD_RESERVED',
      })
    }
  })
})

describe('spl verify of a store with redactions', () => {
  async function findings(at: TestStore, alter?: string): Promise<string> {
    at.store.close()
    if (alter !== undefined) {
      const database = new Database(at.path)
      database.exec(alter)
      database.close()
    }
    const told = await verifyStore({ path: at.path, did: at.origin.did, lineage: [] })
    return told.findings.map(({ message }) => message).join('\n')
  }

  it('finds it whole', async () => {
    using at = aStore()
    await at.store.append(aDraft({ act: 'INTEND', body: { goal: 'make tea' } }))
    const { record } = await at.store.append(aDraft({ body: BODY, judged_by: 'a'.repeat(64) }))
    await at.store.redact(record.id, noteOf(at))
    expect(await findings(at)).toBe('')
  })

  it.each([
    ['what is left', `UPDATE records SET raw = replace(raw, 'KNOW', 'LEARN') WHERE seq = 2`],
    ['its hash of the body', 'UPDATE redactions SET body_hash = zeroblob(32)'],
    ['its note', 'UPDATE redactions SET noted_by = zeroblob(32)'],
    ['that it is one', 'DELETE FROM redactions'],
    [
      'that another is one',
      `INSERT INTO redactions SELECT 1, zeroblob(32), body_hash, left_hash, noted_by, 1, 1 FROM redactions`,
    ],
  ])('finds that somebody altered %s', async (_what, sql) => {
    using at = aStore()
    await aRedacted(at)
    expect(await findings(at, sql)).toMatch(/record [12] |table redactions/)
  })

  it('finds a body that was put back', async () => {
    using at = aStore()
    const { raw, id } = await aRedacted(at)
    expect(await findings(at, `UPDATE records SET raw = '${raw}' WHERE seq = 2`)).toContain(
      'record 2 is redacted, and its body is there',
    )
    expect(at.reopen().record(id)?.redacted).toBeUndefined()
  })
})
