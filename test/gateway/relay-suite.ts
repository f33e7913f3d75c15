import { afterAll, beforeAll, describe } from 'vitest'
import { answerCases } from './cases/answer-cases.ts'
import { requestCases } from './cases/request-cases.ts'
import type { StartGatewayUnderTest } from './gateway-under-test.ts'
import { aStage, type Stage } from './stage.ts'

/** What the relay promises to clients and to the app, whatever runtime the Worker runs on. */
export function relaySuite(name: string, start: StartGatewayUnderTest): void {
  describe(`the relay on ${name}`, () => {
    let stage: Stage
    beforeAll(async () => {
      stage = await aStage(start)
    })
    afterAll(() => stage[Symbol.asyncDispose]())

    requestCases(() => stage)
    answerCases(() => stage)
  })
}
