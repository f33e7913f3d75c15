import { afterEach, expect, test, vi } from 'vitest'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { LineSplitter, type StreamItem } from '../../../protocol/json/line-splitter.ts'
import { readLines } from '../../../local-daemon/http/bulk/read-lines.ts'
import type { RecordDraft } from '../../../local-daemon/store/draft.ts'
import type { Entry } from '../../../local-daemon/store/ingest/entry.ts'
import { Ingest } from '../../../local-daemon/store/ingest/ingest.ts'
import { ProofPool } from '../../../local-daemon/store/proofs/proof-pool.ts'
import { aStore } from '../../support/daemon/a-store.ts'
import { linesOf, outcomesOf, postLines, SlowLines } from '../../support/bulk/post-lines.ts'
import { rawClient } from '../../support/clients/front-clients.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { until } from '../../support/until.ts'

/** The clock that bulk appends are watched by; sockets keep the real one. */
const CLOCK = ['setTimeout', 'clearTimeout', 'performance'] as const
const HALF_SECOND = 500

afterEach(() => {
  vi.useRealTimers()
})

/** A bulk append whose bytes the test sends one by one. */
function aBulk(at: TestDaemon, first: string) {
  const client = rawClient(
    at.daemon.addresses.tcp.port,
    `POST /v1/records HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${at.bearer}\r\n` +
      'Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
  const send = (text: string) =>
    client.socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
  send(first)
  return { ...client, send }
}

/** Waits in real time, until what was sent has probably been read. */
const read = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

test.each([
  ['blank lines', '\n'],
  ['single bytes of a line', '{'],
])(
  'a sender of %s alone is cut after its time, and what it sent before is in',
  async (_what, text) => {
    await using at = await aDaemon()
    vi.useFakeTimers({ toFake: [...CLOCK] })
    const bulk = aBulk(at, linesOf([aDraft({ clock: 0 })]))
    await until('the first line is in', () => bulk.text().includes('"accepted"'))
    const step = 5_000
    for (let ms = 0; ms < HTTP_LIMITS.bulkSilenceMs - step; ms += step) {
      bulk.send(text)
      for (let turn = 0; turn < 50; turn += 1) await read()
      vi.advanceTimersByTime(step)
      expect(bulk.text()).not.toContain('REQUEST_TIMEOUT')
    }
    vi.advanceTimersByTime(step + HALF_SECOND)
    await until('it is cut', () => bulk.text().includes('"REQUEST_TIMEOUT"'))
    expect(bulk.text()).toContain('"line":2')
    bulk.socket.destroy()
  },
)

test('a sender whose long line comes slowly, but comes, is not cut', async () => {
  using at = aStore()
  vi.useFakeTimers({ toFake: [...CLOCK] })
  const line = Buffer.from(linesOf([aDraft({ clock: 1, body: { text: 'x'.repeat(300_000) } })]))
  const part = HTTP_LIMITS.bulkSilenceBytes
  let from = 0
  const body = {
    next() {
      vi.advanceTimersByTime(HTTP_LIMITS.bulkSilenceMs - HALF_SECOND)
      const chunk = line.subarray(from, from + part)
      from += part
      return Promise.resolve(chunk.length === 0 ? undefined : chunk)
    },
    leave() {},
  }
  const { store, origin } = at
  const ingest = new Ingest({ store, origin, proofs: new ProofPool(), mayGoOn() {} })
  const posted = { kind: 'many', splitter: new LineSplitter(400_000), begun: [], body } as const
  const check = ({ line: number, bytes = Buffer.alloc(0) }: StreamItem): Entry => {
    const draft = JSON.parse(Buffer.from(bytes).toString()) as RecordDraft
    return {
      line: number,
      bytes: bytes.length,
      wanted: { kind: 'draft', draft } as Entry['wanted'],
    }
  }
  const ended = new AbortController().signal
  await readLines(posted, { check, ingest, ended, taken() {} })
  vi.useRealTimers()
  expect(await ingest.next()).toMatchObject([{ line: 1, outcome: 'accepted' }])
  expect(from).toBeGreaterThan(4 * part)
})

test('two accounts that hold all seats and send nothing lose them to a third that needs one', async () => {
  await using at = await aDaemon()
  vi.useFakeTimers({ toFake: ['performance'] })
  const idle: SlowLines[] = []
  for (let account = 0; account < 2; account += 1) {
    const bearer = await at.tokenWith('records:write')
    for (let n = 0; n < HTTP_LIMITS.bulkAppendsOfOne; n += 1) {
      const slow = new SlowLines({ base: at.base, bearer })
      await slow.send(linesOf([aDraft({ thread: `th_${account}_${n}`, clock: 0 })]))
      await slow.outcomes(1)
      idle.push(slow)
      vi.advanceTimersByTime(1)
    }
  }
  expect(idle).toHaveLength(HTTP_LIMITS.bulkAppends)
  const third = { base: at.base, bearer: await at.tokenWith('records:write') }
  const lines = linesOf([aDraft({ clock: 0 })])
  // They have sent lines just now.
  expect((await postLines(third, lines)).cut).toMatchObject({ code: 'RATE_LIMITED' })
  vi.advanceTimersByTime(HTTP_LIMITS.bulkIdleMs)
  expect((await postLines(third, lines)).summary).toMatchObject({ accepted: 1 })
  // The one that was idle for the longest time says where it was cut; all others go on.
  const [first, ...others] = idle
  expect(await first?.rest()).toMatchObject({ cut: { code: 'RATE_LIMITED', line: 2 } })
  for (const [n, slow] of others.entries()) {
    await slow.send(linesOf([aDraft({ thread: `th_more_${n}`, clock: 0 })]))
    expect(await slow.end()).toMatchObject({ summary: { accepted: 2 } })
  }
})

test('a reader that takes no outcomes for a minute is cut, and what it was told is kept', async () => {
  await using at = await aDaemon()
  vi.useFakeTimers({ toFake: [...CLOCK] })
  const bulk = aBulk(at, linesOf([0, 1, 2].map((clock) => aDraft({ clock }))))
  await until('the first lines are in', () => bulk.text().includes('"line":3'))
  bulk.socket.pause()
  // Refusals are long and cost no write: they fill what the kernel keeps for a reader.
  let sent = 0
  const piece = '{"thread":1}\n'.repeat(5_000)
  await until('nothing is taken any more', async () => {
    if (bulk.socket.writableLength > 4 * piece.length) return true
    bulk.send(piece)
    sent += 1
    for (let turn = 0; turn < 20; turn += 1) await read()
    return false
  })
  expect(sent).toBeGreaterThan(4)
  const held = () => process.memoryUsage.rss()
  const before = held()
  vi.advanceTimersByTime(HTTP_LIMITS.bulkStallMs + HALF_SECOND)
  vi.useRealTimers()
  bulk.socket.resume()
  await until('it is told', () => bulk.text().includes('"CONSUMER_TOO_SLOW"'))
  const chunks = bulk.text().slice(bulk.text().indexOf('\r\n\r\n') + 4)
  const { outcomes, cut } = outcomesOf(
    chunks
      .split('\r\n')
      .filter((_, n) => n % 2 === 1)
      .join(''),
  )
  expect(outcomes.map(({ line }) => line)).toEqual(outcomes.map((_, n) => n + 1))
  expect(cut).toMatchObject({ code: 'CONSUMER_TOO_SLOW', line: outcomes.length + 1 })
  for (const { id } of outcomes.slice(0, 3)) expect(at.daemon.store.record(id ?? '')).toBeDefined()
  expect(held() - before).toBeLessThan(64 * 1024 * 1024)
  bulk.socket.destroy()
  const all = { length: HTTP_LIMITS.bulkAppendsOfOne }
  const again = Array.from(all, (_, n) =>
    postLines(at, linesOf([aDraft({ thread: `th_${n}`, clock: 0 })])),
  )
  for (const { summary } of await Promise.all(again)) expect(summary).toMatchObject({ accepted: 1 })
})

test('a client that reads its answer only when it has sent all is not kept for ever', async () => {
  await using at = await aDaemon()
  vi.useFakeTimers({ toFake: [...CLOCK] })
  const bulk = aBulk(at, linesOf([aDraft({ clock: 0 })]))
  await until('the first line is in', () => bulk.text().includes('"line":1'))
  bulk.socket.pause()
  const piece = '{"thread":1}\n'.repeat(5_000)
  await until('nothing is taken any more', async () => {
    if (bulk.socket.writableLength > 4 * piece.length) return true
    bulk.send(piece)
    for (let turn = 0; turn < 20; turn += 1) await read()
    return false
  })
  vi.advanceTimersByTime(HTTP_LIMITS.bulkStallMs + HALF_SECOND)
  vi.useRealTimers()
  await until('all that it sends is taken', () => bulk.socket.writableLength === 0)
  bulk.socket.resume()
  await until('it is told', () => bulk.text().includes('"CONSUMER_TOO_SLOW"'))
  bulk.socket.destroy()
})
