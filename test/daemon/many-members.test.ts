import { expect, test } from 'vitest'
import { LIMITS } from '../../protocol/limits.ts'
import { aDaemon, aDraft } from './a-daemon.ts'

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
