import { startOnMiniflare } from './gateway-under-test.ts'
import { relaySuite } from './relay-suite.ts'

relaySuite('miniflare', startOnMiniflare)
