import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registryClient } from '../../local-daemon/cli/daemon-client.ts'
import { REGISTRY_PATH, signRegistryRequest } from '../../protocol/registry-request.ts'
import { aTeam, type Team } from './a-team.ts'
import { startOnWorkerd } from './gateway-under-test.ts'

const HOUR_MS = 3_600_000

let team: Team
beforeAll(async () => {
  team = await aTeam(startOnWorkerd)
})
afterAll(() => team[Symbol.asyncDispose]())

/** The admin's, with a clock of which a test says how far it is off, each time that it is asked. */
function aClient(offMs: (timeMs: number, time: number) => number) {
  const times: number[] = []
  const client = registryClient(
    { origin: new URL(team.gateway.origin) },
    async ({ method, path, body }, timeMs) => {
      times.push(timeMs)
      const created = Math.floor((timeMs + offMs(timeMs, times.length)) / 1000)
      const nonce = randomBytes(18).toString('base64url')
      const request = { method, authority: team.gateway.authority, target: path, body }
      return { ...(await signRegistryRequest(request, { created, nonce }, team.admin)) }
    },
  )
  return { client, times }
}

describe('the command line, when the clock of its machine is off,', () => {
  test('signs again at the time that the gateway tells', async () => {
    const { client, times } = aClient((_timeMs, time) => (time === 1 ? -HOUR_MS : 0))
    expect(await client.get(`${REGISTRY_PATH}/hostnames`)).toMatchObject({ object: 'list' })
    expect(times).toHaveLength(2)
  })

  test('does so once, and then says what is wrong', async () => {
    const { client, times } = aClient(() => HOUR_MS)
    await expect(client.get(`${REGISTRY_PATH}/hostnames`)).rejects.toMatchObject({
      code: 'SIGNATURE_CLOCK',
      try: expect.stringContaining('clock'),
    })
    expect(times).toHaveLength(2)
  })
})
