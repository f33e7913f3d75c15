import { afterAll, beforeAll, describe } from 'vitest'
import { aTeam, type Team } from '../../support/gateway/a-team.ts'
import type { StartGatewayUnderTest } from '../../support/gateway/gateway-under-test.ts'
import { inviteCases } from './cases/invite-cases.ts'
import { ownerCases } from './cases/owner-cases.ts'
import { requestCases } from './cases/request-cases.ts'
import { revokeCases } from './cases/revoke-cases.ts'

/** All that holds of a gateway for several owners, on a runtime. */
export function registrySuite(runtime: string, start: StartGatewayUnderTest): void {
  describe(`a gateway for several owners on ${runtime}`, () => {
    let team: Team
    beforeAll(async () => {
      team = await aTeam(start, { observed: true })
    })
    afterAll(() => team[Symbol.asyncDispose]())
    ownerCases(() => team)
    requestCases(() => team)
    inviteCases(() => team)
    revokeCases(() => team)
  })
}
