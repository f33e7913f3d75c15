import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { aStage, type Stage } from '../../support/gateway/stage.ts'

const ORIGIN = 'https://app.example.com'
const BODY = 'x'.repeat(100_000)
const LENGTH = ['content-length', String(BODY.length)] as const
let stage: Stage
beforeAll(async () => {
  stage = await aStage(startOnWorkerd, { observed: true })
  await stage.keep({ origins: [ORIGIN] })
})
afterAll(() => stage[Symbol.asyncDispose]())

test.for([
  ['a GET', { path: '/object-fails' }],
  ['a POST', { method: 'POST', path: '/object-fails', body: BODY }],
  ['an event stream', { path: '/v1/sync/subscribe?thread=/object-fails' }],
] as const)(
  '%s at which the object fails gets an error that its page can read, and affects no other',
  async ([, asked]) => {
    const answer = await stage.send({
      ...asked,
      headers: [['origin', ORIGIN], ...('body' in asked ? [LENGTH] : [])],
    })
    expect(answer.status).toBe(502)
    expect(answer.json()).toMatchObject({
      code: 'TUNNEL_INTERRUPTED',
      hop: 'gateway',
      request_id: answer.header('x-request-id'),
    })
    expect(answer.header('access-control-allow-origin')).toBe(ORIGIN)
    expect((await stage.send({ path: '/' })).status).toBe(200)
  },
)
