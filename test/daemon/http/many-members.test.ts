import { expect, test } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { aDaemon, aDraft } from '../../support/daemon/a-daemon.ts'

const bodyOf = (members: number) =>
  Object.fromEntries(Array.from({ length: members }, (_, at) => [`k${at}`, at & 255]))

test('an owner is served within a second while a writer sends six bodies of 80 000 members', async () => {
  await using at = await aDaemon()
  const draft = aDraft({ thread: 'th_many', body: bodyOf(80_000) })
  const refused = Promise.all(
    Array.from({ length: 6 }, async () => {
      const answer = await at.post('/v1/records', draft)
      return [answer.status, ((await answer.json()) as { code: string }).code]
    }),
  )
  const from = performance.now()
  expect((await at.get('/v1/identity')).status).toBe(200)
  const waited = performance.now() - from
  expect(await refused).toEqual(Array.from({ length: 6 }, () => [413, 'BODY_TOO_LARGE']))
  expect(waited).toBeLessThan(1_000)
})

test('a body has as many values as its limit says, and not one more', async () => {
  await using at = await aDaemon()
  const send = (members: number) =>
    at.post('/v1/records', aDraft({ thread: 'th_most', body: bodyOf(members) }))
  expect((await send(LIMITS.recordValues - 1)).status).toBe(201)
  expect((await send(LIMITS.recordValues)).status).toBe(400)
})

test.each([
  ['short names', (at: number) => `"k${at}":${at & 255}`],
  ['long names', (at: number) => `"${'x'.repeat(80)}${at}":"yyyy"`],
  ['escaped names', (at: number) => `"\\u006b${at}":${at & 255}`],
] as const)(
  'twice as many values of a body, with %s, cost about twice as much',
  async (_what, member) => {
    await using at = await aDaemon()
    let sent = 0
    /** The least of several, milliseconds of the processor: other programs make it more, never less. */
    const costOf = async (members: number): Promise<number> => {
      let least = Infinity
      for (let times = 0; times < 8; times += 1) {
        sent += 1
        const body = Array.from({ length: members }, (_, index) => member(index)).join(',')
        const text = `{"parents":[],"thread":"th_cost","actor":"did:sync:user:ada","act":"DO","data_type":"SCALAR","judged_by":null,"body":{"n":${sent},${body}}}`
        const from = process.cpuUsage()
        const answer = await at.post('/v1/records', text)
        await answer.arrayBuffer()
        const { user, system } = process.cpuUsage(from)
        expect(answer.status).toBe(201)
        least = Math.min(least, (user + system) / 1_000)
      }
      return least
    }
    const half = await costOf(LIMITS.recordValues / 2 - 10)
    const whole = await costOf(LIMITS.recordValues - 10)
    expect(whole / half).toBeLessThan(3.5)
  },
)
