import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { REGISTRY_PATH } from '../../../protocol/identity/registry-request.ts'
import { aTeam, type Team } from '../../support/gateway/a-team.ts'
import { BASE, startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { registryAt } from '../../support/gateway/registry-at.ts'

let team: Team
beforeAll(async () => {
  team = await aTeam(startOnWorkerd)
})
afterAll(() => team[Symbol.asyncDispose]())

/** The admin's, which signs over other challenges than it is given as often as a test says. */
function aClient(wrong: number) {
  const signed: string[] = []
  const client = registryAt(`http://${BASE}:${team.gateway.port}`, team.admin, (given) => {
    const challenge = signed.length < wrong ? randomBytes(48).toString('base64url') : given
    signed.push(challenge)
    return challenge
  })
  return { client, signed }
}

describe('the command line, when the registry has forgotten its challenge,', () => {
  test('asks for another one and signs again', async () => {
    const { client, signed } = aClient(1)
    expect(await client.get(`${REGISTRY_PATH}/hostnames`)).toMatchObject({ object: 'list' })
    expect(signed).toHaveLength(2)
  })

  test('does so once, and then says what is wrong', async () => {
    const { client, signed } = aClient(2)
    await expect(client.get(`${REGISTRY_PATH}/hostnames`)).rejects.toMatchObject({
      code: 'CHALLENGE_STALE',
      try: expect.stringContaining('sign again'),
    })
    expect(signed).toHaveLength(2)
  })
})
