import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { ADDRESS_HEADER, ADDRESS_LIMITS, addressCases } from './cases/address-cases.ts'
import { answerCases } from './cases/answer-cases.ts'
import { badRequestCases } from './cases/bad-request-cases.ts'
import { cancelCases } from './cases/cancel-cases.ts'
import { failureCases } from './cases/failure-cases.ts'
import { lossCases } from './cases/loss-cases.ts'
import { parkCases } from './cases/park-cases.ts'
import { policyCases } from './cases/policy-cases.ts'
import { refusalCases } from './cases/refusal-cases.ts'
import { repeatCases } from './cases/repeat-cases.ts'
import { resumeCases } from './cases/resume-cases.ts'
import { requestCases } from './cases/request-cases.ts'
import { routeCases } from './cases/route-cases.ts'
import { streamCases } from './cases/stream-cases.ts'
import { webSocketCases } from './cases/websocket-cases.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import type {
  GatewaySettings,
  StartGatewayUnderTest,
} from '../../support/gateway/gateway-under-test.ts'
import { aStage, type Stage } from '../../support/gateway/stage.ts'

/** What the relay promises to clients and to the app, whatever runtime the Worker runs on. */
export function relaySuite(name: string, start: StartGatewayUnderTest): void {
  describe(`the relay on ${name}`, () => {
    describe('as in production', () => {
      const stage = useStage(start)
      requestCases(stage)
      answerCases(stage)
      badRequestCases(stage)
      streamCases(stage)
      cancelCases(stage)
      failureCases(stage)
      webSocketCases(stage)
    })
    describe('over a link that breaks', () => {
      const stage = useStage(start)
      lossCases(stage, start)
    })
    describe('with event streams', () => {
      const stage = useStage(start)
      resumeCases(stage, start)
    })
    describe('while home is away', () => {
      const stage = useStage(start, { observed: true, movableClock: true })
      beforeAll(() => stage().home.tunnel.stop())
      beforeEach(() => setGatewayClock(stage().gateway.port, 0))
      parkCases(stage, start)
      repeatCases(stage, start)
    })
    describe('observed', () => {
      const stage = useStage(start, { observed: true })
      refusalCases(stage)
      routeCases(stage)
    })
    describe("by home's policy", () => {
      const stage = useStage(start)
      policyCases(stage)
    })
    describe('counting addresses', () => {
      const stage = useStage(start, {
        clientAddressHeader: ADDRESS_HEADER,
        perMinute: ADDRESS_LIMITS,
      })
      addressCases(stage)
    })
  })
}

function useStage(start: StartGatewayUnderTest, settings?: Partial<GatewaySettings>): () => Stage {
  let stage: Stage
  beforeAll(async () => {
    stage = await aStage(start, settings)
  })
  afterAll(() => stage[Symbol.asyncDispose]())
  return () => stage
}
