import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { relaySuite } from './relay-suite.ts'

relaySuite('workerd', startOnWorkerd)
