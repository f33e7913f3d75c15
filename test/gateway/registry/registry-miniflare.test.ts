import { startOnMiniflare } from '../../support/gateway/gateway-under-test.ts'
import { registrySuite } from './registry-suite.ts'

registrySuite('miniflare', startOnMiniflare)
