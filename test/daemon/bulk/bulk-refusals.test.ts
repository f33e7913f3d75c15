import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REQUEST_LIMITS } from '../../../local-daemon/requests/limits.ts'
import { linesOf, postLines, SlowLines } from '../../support/bulk/post-lines.ts'
import { foreignHome } from '../../support/bulk/signed-lines.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

let at: TestDaemon
let threads = 0

beforeAll(async () => {
  at = await aDaemon()
})
afterAll(() => at[Symbol.asyncDispose]())

/** A thread that no other test writes to. */
function aThread(): string {
  threads += 1
  return `th_refusals_${threads}`
}

/** What becomes of one line between two good ones. */
async function outcomeOf(line: string | object, bearer = at.bearer) {
  const thread = aThread()
  const [before, after] = [0, 1].map((clock) => linesOf([aDraft({ thread, clock })]))
  const text = typeof line === 'string' ? `${line}\n` : linesOf([line])
  const { outcomes, summary } = await postLines(
    { base: at.base, bearer },
    `${before}${text}${after}`,
  )
  expect([outcomes[0]?.outcome, outcomes[2]?.outcome]).toEqual(['accepted', 'accepted'])
  expect(summary).toMatchObject({ lines: 3 })
  return outcomes[1]
}

describe('a line that is refused alone', () => {
  const good = foreignHome().sign(aDraft({ thread: 'th_other', clock: 0 }))
  const other = foreignHome()
  it.each([
    ['no JSON', '{"thread":', 'INVALID_REQUEST', '$'],
    ['a member named twice', '{"thread":"th_a","thread":"th_b"}', 'INVALID_REQUEST', 'thread'],
    [
      'a number that would change',
      '{"body":{"n":12345678901234567890}}',
      'INVALID_REQUEST',
      'body.n',
    ],
    ['no object', '[]', 'INVALID_RECORD', '$'],
    ['an unknown field', { ...aDraft(), color: 'red' }, 'INVALID_RECORD', 'color'],
    ['a clock below zero', aDraft({ clock: -1 }), 'INVALID_RECORD', 'clock'],
    ['another id than the content’s', { ...good, id: '0'.repeat(64) }, 'INVALID_RECORD', 'id'],
    [
      'a foreign origin without its key',
      { ...good, origin: 'did:web:x' },
      'INVALID_RECORD',
      'origin',
    ],
    ['the origin of somebody else', { ...good, origin: other.did }, 'INVALID_RECORD', 'sig'],
    ['a signature that is too short', { ...good, sig: 'AAAA' }, 'INVALID_RECORD', 'sig'],
    ['no signature', { ...good, sig: undefined }, 'INVALID_RECORD', 'sig'],
    ['a member too many', { ...good, seq: 7 }, 'INVALID_RECORD', 'seq'],
    ['a record without a field', { ...good, record: {} }, 'INVALID_RECORD', 'record.parents'],
    [
      'a thread of the daemon',
      aDraft({ thread: 'th_service_accounts' }),
      'THREAD_RESERVED',
      'thread',
    ],
  ])('has %s', async (_what, line, code, field) => {
    expect(await outcomeOf(line)).toMatchObject({ line: 2, outcome: 'rejected', code, field })
  })

  it('has a small-order key, which can sign anything', async () => {
    // y = 1 as a did:key; with R of small order and s = 0 some verifiers accept it for every record.
    const origin = 'did:key:z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP'
    const sig = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]).toString('base64url')
    expect(await outcomeOf({ ...good, origin, sig })).toMatchObject({ field: 'origin' })
  })

  it('has a thread that its token may not write to', async () => {
    const writer = await at.tokenWith('records:write')
    const setting = aDraft({ thread: 'th_engine_config', act: 'LEARN', body: {} })
    expect(await outcomeOf(setting, writer)).toMatchObject({
      code: 'SCOPE_FORBIDDEN',
      required_scope: 'config:write',
    })
    expect(await outcomeOf(good, writer)).toMatchObject({
      code: 'SCOPE_FORBIDDEN',
      required_scope: 'federation:manage',
    })
    const someone = aDraft({ thread: aThread(), actor: 'did:sync:user:bob' })
    expect(await outcomeOf(someone, writer)).toMatchObject({ code: 'DID_CLAIM_DENIED' })
  })

  it('is one of 400 MB, of which the daemon holds nothing', async () => {
    const thread = aThread()
    const encoder = new TextEncoder()
    const piece = encoder.encode('x'.repeat(1024 * 1024))
    const before = process.memoryUsage.rss()
    let most = before
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        most = Math.max(most, process.memoryUsage.rss())
        if (sent === 0) controller.enqueue(encoder.encode(linesOf([aDraft({ thread, clock: 0 })])))
        if (sent < 400) controller.enqueue(piece)
        if (sent === 400) controller.enqueue(encoder.encode('\n'))
        if (sent === 400) {
          // The last line needs no line feed.
          controller.enqueue(encoder.encode(JSON.stringify(aDraft({ thread, clock: 1 }))))
          controller.close()
        }
        sent += 1
      },
    })
    const { outcomes, summary } = await postLines(at, body)
    expect(outcomes).toMatchObject([
      { line: 1, outcome: 'accepted' },
      { line: 2, outcome: 'rejected', code: 'BODY_TOO_LARGE' },
      { line: 3, outcome: 'accepted' },
    ])
    expect(outcomes[1]?.message).toContain(String(REQUEST_LIMITS.bodyBytes))
    expect(summary).toMatchObject({ accepted: 2, rejected: 1 })
    // Client and daemon are one process here: its own copies and garbage count too.
    expect(most - before).toBeLessThan(250 * 1024 * 1024)
  })
})

describe('a bulk append as a whole', () => {
  it('is refused with an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'one', 'content-type': 'application/x-ndjson' }
    const answer = await at.post('/v1/records', linesOf([aDraft()]), headers)
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'INVALID_HEADERS' }])
  })

  it.each([
    [
      'many lines as one JSON value',
      'application/json',
      '{"a":1}\n{"a":2}\n',
      'application/x-ndjson',
    ],
    ['another type', 'application/jsonl', '{"a":1}\n', 'application/x-ndjson'],
  ])('sent as %s says which type it needs', async (_what, type, text, named) => {
    const answer = await at.post('/v1/records', text, { 'content-type': type })
    expect(((await answer.json()) as { try: string }).try).toContain(named)
  })

  it('with lines that are no JSON each says how to send one in each line', async () => {
    const { outcomes } = await postLines(at, JSON.stringify(aDraft(), undefined, 2))
    expect(outcomes.map(({ code }) => code)).toContain('INVALID_REQUEST')
    expect(outcomes[0]?.try).toMatch(/in each line.*--data-binary/)
  })

  it('is refused to a token that may not write', async () => {
    const reader = await at.tokenWith('records:read', 'federation:manage')
    const headers = { authorization: `Bearer ${reader}`, 'content-type': 'application/x-ndjson' }
    expect((await at.post('/v1/records', '', headers)).status).toBe(403)
  })

  it('of an array that does not end keeps what came whole, and says where it was cut', async () => {
    const thread = aThread()
    const text = JSON.stringify([0, 1].map((clock) => aDraft({ thread, clock }))).slice(0, -1)
    const answer = await at.post('/v1/records', `${text},`)
    const lines = (await answer.text()).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { line: 1, outcome: 'accepted' },
      { line: 2, outcome: 'accepted' },
      { object: 'error', code: 'INVALID_REQUEST', line: 3 },
    ])
  })

  it('of nothing has a summary of nothing', async () => {
    expect((await postLines(at, '\n')).summary).toMatchObject({ lines: 0 })
  })

  it('takes no more than some at a time from one account, and gives their places back', async () => {
    const token = await at.tokenWith('records:write')
    const one = { base: at.base, bearer: token }
    const thread = aThread()
    const open = await Promise.all(
      [0, 1, 2, 3].map(async (clock) => {
        const slow = new SlowLines(one)
        await slow.send(linesOf([aDraft({ thread, clock })]))
        await slow.outcomes(1)
        return slow
      }),
    )
    expect((await postLines(one, linesOf([aDraft({ thread, clock: 9 })]))).cut).toMatchObject({
      code: 'RATE_LIMITED',
    })
    await Promise.all(open.map((slow) => slow.end()))
    const { summary } = await postLines(one, linesOf([aDraft({ thread, clock: 9 })]))
    expect(summary).toMatchObject({ accepted: 1 })
  })

  it('tells that the daemon stops, and keeps what has an outcome', async () => {
    await using stopped = await aDaemon()
    const slow = new SlowLines(stopped)
    await slow.send(linesOf([aDraft({ clock: 0 })]))
    await slow.outcomes(1)
    const ended = stopped.daemon.stop()
    const { cut, summary } = await slow.rest()
    await ended
    expect([cut, summary]).toMatchObject([{ code: 'DAEMON_STOPPING', line: 2 }, undefined])
  })
})
