import { afterAll, beforeAll, describe } from 'vitest'
import { aBrowserStage, type BrowserStage } from './a-browser-stage.ts'
import { answerCases } from './cases/answer-cases.ts'
import { changeCases } from './cases/change-cases.ts'
import { gatewayCases } from './cases/gateway-cases.ts'
import { networkCases } from './cases/network-cases.ts'
import { redirectCases } from './cases/redirect-cases.ts'
import { streamCases } from './cases/stream-cases.ts'
import { wireCases } from './cases/wire-cases.ts'
import { findChromium } from './find-chromium.ts'

const chromium = findChromium(process.env, (line) => void process.stderr.write(`${line}\n`))

describe.skipIf(chromium === undefined)('in Chromium', () => {
  let stage: BrowserStage
  beforeAll(async () => {
    stage = await aBrowserStage(chromium ?? '')
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  const theStage = () => stage
  answerCases(theStage)
  wireCases(theStage)
  redirectCases(theStage)
  streamCases(theStage)
  networkCases(theStage)
  gatewayCases(theStage)
  changeCases(theStage)
})
