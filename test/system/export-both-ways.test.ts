import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { headerLine, type ExportHeader } from '../../protocol/records/export-lines.ts'
import { verifyRecord, type ClaimedRecord } from '../../protocol/records/record-signature.ts'
import { aDraft } from '../support/daemon/a-daemon.ts'
import { aRealHome, type RealHome } from '../support/daemon/a-real-home.ts'
import { readExport } from '../support/records/read-export.ts'
import { until } from '../support/until.ts'

const LINES = { accept: 'application/x-ndjson' }

let home: RealHome
beforeAll(async () => {
  home = await aRealHome()
  for (let n = 0; n < 3_000; n += 500) await append(500, 'th_many')
  await append(20, 'th_few')
})
afterAll(() => home[Symbol.asyncDispose]())

function append(count: number, thread: string, bytes = 3): Promise<unknown> {
  const draft = () => aDraft({ thread, body: { text: 'x'.repeat(bytes) } })
  return Promise.all(Array.from({ length: count }, () => home.daemon().store.append(draft())))
}

function atHome(path: string, init: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${home.bearer}`
  const base = `http://127.0.0.1:${home.daemon().addresses.tcp.port}`
  return fetch(base + path, { ...init, headers: { authorization, ...(init.headers as object) } })
}

/** Ids of all records, in the order of the log. */
async function allIds(query = ''): Promise<string[]> {
  const answer = await atHome(`/v1/sync/changes?limit=10000${query}`)
  const { records } = (await answer.json()) as { records: { id: string }[] }
  return records.map(({ id }) => id)
}

describe.each([
  ['at home', atHome],
  ['through the gateway', (path: string, init?: RequestInit) => home.ask(path, init)],
])('an export %s', (_where, ask) => {
  const lines = async (query = '') => {
    const answer = await ask(`/v1/sync/changes${query}`, { headers: LINES })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, LINES.accept])
    return answer.text()
  }

  test('is everything in one answer, in order, in parts that the daemon signed', async () => {
    const found = await readExport(await lines())
    expect(found.faults).toEqual([])
    expect(found.ids).toEqual(await allIds())
    expect(found.ids.length).toBeGreaterThan(3_000)
    expect(found.parts.length).toBeGreaterThan(5)
  })

  test('has records that anybody can verify', async () => {
    const text = await lines('?thread=th_few')
    const claims = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ClaimedRecord & { readonly object?: string })
      .filter(({ object }) => object === undefined)
    expect(claims).toHaveLength(20)
    for (const claim of claims)
      expect(await verifyRecord(claim)).toMatchObject({ kind: 'verified' })
  })

  test('of a thread says so, and is that thread', async () => {
    const text = await lines('?thread=th_few')
    const header = JSON.parse(text.slice(0, text.indexOf('\n'))) as ExportHeader
    expect(header).toMatchObject({ query: { thread: 'th_few' } })
    const { faults, ids } = await readExport(text)
    expect(faults).toEqual([])
    expect(ids).toEqual(await allIds('&thread=th_few'))
  })

  test('leaves out the threads of the daemon itself if asked to, and says so', async () => {
    const text = await lines('?own_threads=false')
    const { faults, ids } = await readExport(text)
    const own = await allIds('&thread=th_service_accounts')
    expect([faults, own.length > 0]).toEqual([[], true])
    expect(ids).toEqual((await allIds()).filter((id) => !own.includes(id)))
    expect(text).not.toContain('"thread":"th_service_accounts"')
    expect(JSON.parse(text.slice(0, text.indexOf('\n')))).toMatchObject({
      query: { own_threads: false },
    })
  })

  test('by who may not see them says so too', async () => {
    const request = { name: 'reader', scopes: ['records:read' as const], actors: [] }
    const { token } = await home.daemon().access.accounts.createWithToken(request, null)
    const headers = { ...LINES, authorization: `Bearer ${token}` }
    await until('the gateway knows the token', async () => {
      return (await ask('/v1/identity', { headers })).status === 200
    })
    const text = await (await ask('/v1/sync/changes?limit=1', { headers })).text()
    expect(JSON.parse(text.slice(0, text.indexOf('\n')))).toMatchObject({
      query: { own_threads: false },
    })
  })

  test('by who reaches some threads is those, says so, and counts nothing else', async () => {
    const reach = { namespaces: [], threads: ['th_few', 'th_none'] }
    const request = { name: 'reacher', scopes: ['records:read' as const], actors: [], reach }
    const { token } = await home.daemon().access.accounts.createWithToken(request, null)
    const headers = { ...LINES, authorization: `Bearer ${token}` }
    await until('the gateway knows the token', async () => {
      return (await ask('/v1/identity', { headers })).status === 200
    })
    const cut = await (await ask('/v1/sync/changes?limit=7', { headers })).text()
    const { next_cursor: cursor } = JSON.parse(cut.trimEnd().split('\n').at(-1) ?? '') as {
      next_cursor: string
    }
    const rest = await (await ask(`/v1/sync/changes?continue=${cursor}`, { headers })).text()
    const header = rest.slice(0, rest.indexOf('\n') + 1)
    expect(JSON.parse(header)).toMatchObject({ query: { reach: ['th_few', 'th_none'] } })
    const { faults, ids } = await readExport(cut + rest.slice(header.length))
    expect(faults).toEqual([])
    expect(ids).toEqual(await allIds('&thread=th_few'))
    // Their cursors have no numbers that tell what is between.
    expect(cut + rest).not.toMatch(/"(?:since|next_cursor)":"[0-9a-f]{16}:[0-9]+:/u)
  })

  test('of nothing is one empty part', async () => {
    const { faults, parts } = await readExport(await lines('?thread=th_nobody'))
    expect([faults, parts.length, parts[0]?.part.records]).toEqual([[], 1, 0])
  })

  test('that was cut goes on after its last part, and both are one file', async () => {
    const cut = await lines('?limit=700')
    const [fault] = (await readExport(cut)).faults
    expect(fault).toMatchObject({ code: 'CUT' })
    const { part } = JSON.parse(`{"part":${cut.trimEnd().split('\n').at(-1)}}`) as {
      part: { next_cursor: string; has_more: boolean }
    }
    expect(part.has_more).toBe(true)
    const rest = await lines(`?continue=${part.next_cursor}`)
    const header = rest.slice(0, rest.indexOf('\n') + 1)
    expect(cut.startsWith(header)).toBe(true)
    expect(header).toBe(headerLine(JSON.parse(header) as ExportHeader))
    const both = await readExport(cut + rest.slice(header.length))
    expect(both.faults).toEqual([])
    expect(both.ids).toEqual(await allIds())
  })

  test('after a cursor is what came later', async () => {
    const { parts } = await readExport(await lines())
    const since = parts.at(-1)?.part.next_cursor ?? ''
    await append(3, 'th_later')
    const { faults, ids } = await readExport(await lines(`?since=${since}`))
    expect([faults, ids.length]).toEqual([[], 3])
  })

  test('ends, and is not whole, when its token is revoked', { timeout: 60_000 }, async () => {
    await append(30, 'th_big', 500_000)
    const { accounts } = home.daemon().access
    const request = { name: 'reader', scopes: ['records:read' as const], actors: [] }
    const { token, tokenId } = await accounts.createWithToken(request, null)
    await until('the gateway knows the token', async () => {
      const answer = await ask('/v1/identity', { headers: { authorization: `Bearer ${token}` } })
      return answer.status === 200
    })
    const headers = { ...LINES, authorization: `Bearer ${token}` }
    const answer = await ask('/v1/sync/changes?thread=th_big', { headers })
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    const { value: first } = await reader.read()
    await accounts.revokeToken(tokenId)
    const chunks = [first as Uint8Array]
    const rest = async () => {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        chunks.push(value)
      }
    }
    await expect(rest()).rejects.toThrow('terminated')
    const { faults } = await readExport(Buffer.concat(chunks))
    expect(faults).toMatchObject([{ code: 'CUT' }])
  })
})

test.each([
  ['continue', `${'0'.repeat(16)}:0:${'0'.repeat(12)}`],
  ['own_threads', 'false'],
])('%s is for exports alone', async (field, value) => {
  for (const feed of ['', '&feed=longpoll', '&feed=continuous']) {
    const answer = await atHome(`/v1/sync/changes?${field}=${value}${feed}`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'INVALID_REQUEST', field })
  }
})
