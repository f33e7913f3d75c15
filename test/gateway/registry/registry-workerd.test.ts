import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { registrySuite } from './registry-suite.ts'

registrySuite('workerd', startOnWorkerd)
