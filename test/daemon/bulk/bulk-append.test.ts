import { describe, expect, it } from 'vitest'
import { ADA, aDaemon, aDraft } from '../../support/daemon/a-daemon.ts'
import { linesOf, outcomesOf, postLines, SlowLines } from '../../support/bulk/post-lines.ts'
import { foreignHome } from '../../support/bulk/signed-lines.ts'

describe('a bulk append', () => {
  it('appends a record for each line and tells so in order, with a summary', async () => {
    await using at = await aDaemon()
    const drafts = [0, 1, 2].map((clock) => aDraft({ clock, body: { n: clock } }))
    const { outcomes, summary } = await postLines(at, linesOf(drafts))
    expect(outcomes.map(({ line, outcome }) => [line, outcome])).toEqual([
      [1, 'accepted'],
      [2, 'accepted'],
      [3, 'accepted'],
    ])
    expect(summary).toEqual({
      object: 'bulk_summary',
      lines: 3,
      accepted: 3,
      duplicate: 0,
      rejected: 0,
    })
    const ids = outcomes.map(({ id }) => id)
    const read = (await (await at.get('/v1/threads/th_test/records')).json()) as {
      data: { id: string }[]
    }
    expect(read.data.map(({ id }) => id)).toEqual(ids)
  })

  it('takes a JSON array as well, also with brackets in its strings', async () => {
    await using at = await aDaemon()
    const drafts = ['[', ']}', '","', '\\"]', '{"a":[1,{}]}'].map((text) =>
      aDraft({ body: { text } }),
    )
    const answer = await at.post('/v1/records', drafts)
    const { outcomes } = outcomesOf(await answer.text())
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(drafts.map(() => 'accepted'))
  })

  it('takes a byte order mark in front of either form, however its bytes arrive', async () => {
    await using at = await aDaemon()
    const marked = (text: string) => [0xef, 0xbb, 0xbf, ...Buffer.from(text)]
    const array = marked(` ${JSON.stringify([aDraft({ clock: 0 }), aDraft({ clock: 1 })])}`)
    const [lines, json] = ['application/x-ndjson', 'application/json']
    const oneByOne = (bytes: readonly number[]) =>
      ReadableStream.from(bytes.map((byte) => Uint8Array.of(byte)))
    for (const [type, body] of [
      [lines, Uint8Array.from(marked(linesOf([aDraft({ clock: 0 }), aDraft({ clock: 1 })])))],
      [json, Uint8Array.from(array)],
      [json, oneByOne(array)],
    ] as const) {
      const answer = await fetch(`${at.base}/v1/records`, {
        method: 'POST',
        headers: { authorization: `Bearer ${at.bearer}`, 'content-type': type },
        body,
        duplex: 'half',
      } as RequestInit)
      expect(outcomesOf(await answer.text()).summary).toMatchObject({ lines: 2, rejected: 0 })
    }
  })

  it('counts the same lines, sent again, as duplicates', async () => {
    await using at = await aDaemon()
    const lines = linesOf([0, 1].map((clock) => aDraft({ clock })))
    const first = await postLines(at, lines)
    const again = await postLines(at, lines)
    expect(again.summary).toMatchObject({ accepted: 0, duplicate: 2 })
    expect(again.outcomes.map(({ id, seq }) => [id, seq])).toEqual(
      first.outcomes.map(({ id, seq }) => [id, seq]),
    )
  })

  it('gives lines without a clock the next ones of their thread and actor', async () => {
    await using at = await aDaemon()
    await at.post('/v1/records', aDraft({ clock: 6 }))
    await postLines(at, linesOf(Array.from({ length: 600 }, (_, n) => aDraft({ body: { n } }))))
    const page = at.daemon.store.page({ thread: 'th_test' }, 0, at.daemon.store.head(), 1000)
    const clocks = page.records.map(({ raw }) => (JSON.parse(raw) as { clock: number }).clock)
    expect(clocks).toEqual(Array.from({ length: clocks.length }, (_, n) => n + 6))
  })

  it('keeps origin and signature of records that another home has signed', async () => {
    await using at = await aDaemon()
    const home = foreignHome()
    const signed = [home.sign(aDraft({ clock: 0 })), home.sign(aDraft({ clock: 1 }))]
    const { summary } = await postLines(at, linesOf(signed))
    expect(summary).toMatchObject({ accepted: 2 })
    const changes = (await (await at.get('/v1/sync/changes?thread=th_test')).json()) as {
      records: unknown[]
    }
    expect(changes.records).toEqual(
      signed.map(({ id, record, origin, sig }) => ({ id, record, origin, sig })),
    )
  })

  it('refuses a line with a wrong signature alone, with its number', async () => {
    await using at = await aDaemon()
    const home = foreignHome()
    const lines = Array.from({ length: 9 }, (_, clock) => home.sign(aDraft({ clock })))
    const [one, seven] = [lines[0], lines[6]]
    if (one !== undefined && seven !== undefined) lines[6] = { ...seven, sig: one.sig }
    const { outcomes, summary } = await postLines(at, linesOf(lines))
    expect(summary).toMatchObject({ accepted: 8, rejected: 1 })
    expect(outcomes[6]).toMatchObject({ line: 7, code: 'INVALID_RECORD', field: 'sig' })
  })

  it('keeps a foreign record with a clock that is taken as a fork, and refuses a local one', async () => {
    await using at = await aDaemon()
    await at.post('/v1/records', aDraft({ clock: 3, body: { here: true } }))
    const foreign = foreignHome().sign(aDraft({ clock: 3, body: { here: false } }))
    const local = aDraft({ clock: 3, body: { again: true } })
    const { outcomes } = await postLines(at, linesOf([foreign, local]))
    expect(outcomes).toMatchObject([
      { outcome: 'accepted' },
      { outcome: 'rejected', code: 'CLOCK_CONFLICT', field: 'clock' },
    ])
  })

  it('lets a writer see an outcome before it has sent the next line', async () => {
    await using at = await aDaemon()
    const slow = new SlowLines(at)
    await slow.send(linesOf([aDraft({ clock: 0 })]))
    expect((await slow.outcomes(1)).outcomes).toMatchObject([{ line: 1, outcome: 'accepted' }])
    // Without its line feed: the end of the body ends the line.
    await slow.send(JSON.stringify(aDraft({ clock: 1 })))
    expect((await slow.end()).summary).toMatchObject({ lines: 2, accepted: 2 })
    expect(at.daemon.store.page({ actor: ADA }, 0, 100, 10).records).toHaveLength(2)
  })
})
