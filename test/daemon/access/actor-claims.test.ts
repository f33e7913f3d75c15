import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { ADA, aDaemon, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { type Caller, callersOf, postRecord } from './record-callers.ts'

const WHO = [
  'socket',
  'unchecked loopback',
  'account',
  'account that lists Ada',
  'admin',
  'admin that lists Ada',
] as const
const ONE = ['own', 'Ada', 'Bob']
const NAMES = [
  'nobody',
  ...['header', 'record', 'both'].flatMap((where) => ONE.map((one) => `${where} ${one}`)),
  'header Ada, record Bob',
]
/** The columns of the page: strict_actor_header, strict_impersonation_enforcement. */
const FLAGS = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const
const OUTCOMES = ['201', '201 audited', '403 DID_CLAIM_DENIED', '400 INVALID_RECORD']
const AUDIT = 'th_audit_impersonation'

interface Row {
  readonly who: string
  readonly names: string
  /** In the order of `FLAGS`. */
  readonly outcomes: readonly string[]
}

/** The rows of the table, as the page has them. */
function rowsOfPage(): readonly Row[] {
  const page = readFileSync(new URL('../../../docs/appendix/access.md', import.meta.url), 'utf8')
  const [, , , ...lines] = (page.split('## The table of actors')[1] ?? '')
    .split('\n')
    .filter((line, at, all) => line.startsWith('|') || all[at + 1]?.startsWith('| who |'))
  return lines.map((line) => {
    const cells = line.split('|').slice(1, -1)
    const [who = '', names = '', ...outcomes] = cells.map((cell) => cell.replaceAll('`', '').trim())
    return { who, names, outcomes }
  })
}
const rows = rowsOfPage()

describe('the table of docs/appendix/access.md', () => {
  test('has one row for each who and each claim', () => {
    const all = WHO.flatMap((who) => NAMES.map((names) => `${who}: ${names}`))
    expect(rows.map(({ who, names }) => `${who}: ${names}`)).toEqual(all)
  })

  test('has a known outcome for each combination of the settings', () => {
    for (const { outcomes } of rows) {
      expect(outcomes).toHaveLength(FLAGS.length)
      for (const outcome of outcomes) expect(OUTCOMES).toContain(outcome)
    }
  })
})

async function setFlags(at: TestDaemon, header: boolean, impersonation: boolean): Promise<void> {
  const flags = { strict_actor_header: header, strict_impersonation_enforcement: impersonation }
  for (const [key, value] of Object.entries(flags)) {
    const answer = await at.post(`/v1/config/${key}`, { value })
    expect(answer.status).toBe(200)
  }
}

interface AuditEntry {
  readonly parents: readonly string[]
  readonly body: Readonly<Record<string, unknown>>
}

async function auditOf(at: TestDaemon): Promise<readonly AuditEntry[]> {
  const answer = await at.get(`/v1/records?thread=${AUDIT}&limit=1000`)
  const { data, has_more: more } = (await answer.json()) as {
    data: AuditEntry[]
    has_more: boolean
  }
  expect(more).toBe(false)
  return data
}

describe.each(FLAGS.map(([header, impersonation], column) => ({ header, impersonation, column })))(
  'with strict_actor_header $header and strict_impersonation_enforcement $impersonation',
  ({ header, impersonation, column }) => {
    let checked: TestDaemon
    let unchecked: TestDaemon
    let callers: Readonly<Record<string, Caller>>
    beforeAll(async () => {
      checked = await aDaemon()
      unchecked = await aDaemon({ insecureLocalhost: true })
      callers = await callersOf(checked, unchecked)
      for (const at of [checked, unchecked]) await setFlags(at, header, impersonation)
    })
    afterAll(async () => {
      await checked[Symbol.asyncDispose]()
      await unchecked[Symbol.asyncDispose]()
    })

    test.each(WHO)('%s', async (who) => {
      const caller = callers[who]
      if (caller === undefined) throw new Error(`nobody calls as ${who}`)
      for (const { names, outcomes } of rows.filter((row) => row.who === who)) {
        const before = await auditOf(caller.at)
        const { status, body, named } = await postRecord(caller, names)
        const audit = (await auditOf(caller.at)).slice(before.length)
        const told = status === 201 ? '201' : `${status} ${String(body['code'])}`
        const audited = audit.length > 0 ? ' audited' : ''
        expect(`${names}: ${told}${audited}`).toBe(`${names}: ${outcomes[column]}`)
        if (status === 201) expect([names, body['actor']]).toEqual([names, named ?? caller.own])
        if (status === 400) expect([names, body['field']]).toEqual([names, 'actor'])
        if (audit.length === 0) continue
        const { id } = body
        expect(audit).toEqual([
          expect.objectContaining({
            parents: [id],
            body: expect.objectContaining({
              service_account_id: caller.own.split(':').at(-1),
              actor: named,
              record_id: id,
            }) as unknown,
          }),
        ])
      }
    })
  },
)

describe('the two settings', () => {
  test('hold from the very next request on, and through a restart', async () => {
    using home = aHome()
    const logger = pino({ level: 'silent' })
    const start = () => startDaemon({ home: home.path, port: 0, logger })
    let daemon = await start()
    const authorization = `Bearer ${daemon.adminBearer}`
    const json = { authorization, 'content-type': 'application/json' }
    const url = (path: string) => `http://127.0.0.1:${daemon.addresses.tcp.port}${path}`
    const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(url(path), {
        method: 'POST',
        headers: { ...json, ...headers },
        body: JSON.stringify(body),
      })
    const set = (key: string, value: boolean) => post(`/v1/config/${key}`, { value })
    const tea = { thread: 'th_tea', act: 'DO', body: {} }
    /** Status of a claim in the header, and of one in the record. */
    async function claims(): Promise<readonly number[]> {
      const inHeader = await post('/v1/records', tea, { 'x-syncropel-actor': ADA })
      const inRecord = await post('/v1/records', { ...tea, actor: ADA })
      return [inHeader.status, inRecord.status]
    }

    try {
      expect(await claims()).toEqual([201, 201])
      await set('strict_actor_header', true)
      expect(await claims()).toEqual([403, 201])
      await daemon.stop()
      daemon = await start()
      expect(await claims()).toEqual([403, 201])
      await set('strict_impersonation_enforcement', true)
      expect(await claims()).toEqual([403, 403])
      await set('strict_actor_header', false)
      await daemon.stop()
      daemon = await start()
      expect(await claims()).toEqual([403, 403])
      await set('strict_impersonation_enforcement', false)
      expect(await claims()).toEqual([201, 201])
    } finally {
      await daemon.stop()
    }
  })
})
