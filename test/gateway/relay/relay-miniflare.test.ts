import { startOnMiniflare } from '../../support/gateway/gateway-under-test.ts'
import { relaySuite } from './relay-suite.ts'

relaySuite('miniflare', startOnMiniflare)
