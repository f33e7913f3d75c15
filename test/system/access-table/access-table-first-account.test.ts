import { expect, test } from 'vitest'
import { PRIVATE_ADDRESS } from '../../support/private-address.ts'
import { FIRST_ACCOUNT } from './access-table-first-account.ts'
import { WAYS, type Way } from './access-table-routes.ts'
import { type AccessStage, anAccessStage } from './access-table-stage.ts'

const TOKEN = 'a-token-of-the-environment'
const AUTHORIZATION: Readonly<Record<(typeof FIRST_ACCOUNT)[number]['shows'], readonly string[]>> =
  {
    nothing: [],
    'another token': [`${TOKEN}s`],
    'the token twice': [TOKEN, TOKEN],
    'the token': [TOKEN],
  }

async function knock(stage: AccessStage, way: Way, tokens: readonly string[]): Promise<string> {
  const { status, body } = await stage.ask(way, {
    method: 'POST',
    target: '/v1/bootstrap/service-account',
    headers: tokens.map((token) => ['authorization', `Bearer ${token}`]),
    json: {},
  })
  return status < 400 ? String(status) : `${status} ${String(body['code'])}`
}

const cells = FIRST_ACCOUNT.flatMap(({ shows, ways }) =>
  WAYS.map((way) => ({ shows, way, answer: ways[way] })),
)

test('who may not make the first account leaves the door as it was', async () => {
  await using stage = await anAccessStage({ bootstrapToken: TOKEN })
  for (const { shows, way, answer } of cells) {
    if (answer === '201' || way === 'network') continue
    const told = await knock(stage, way, AUTHORIZATION[shows])
    expect(`${way}, ${shows}: ${told}`).toBe(`${way}, ${shows}: ${answer}`)
  }
  expect(stage.daemon.store.accounts()).toEqual([])
})

test.runIf(PRIVATE_ADDRESS !== undefined)(
  'the first account cannot be made over the network',
  async () => {
    const host = PRIVATE_ADDRESS ?? ''
    await using stage = await anAccessStage({ bootstrapToken: TOKEN, host })
    for (const { shows, way, answer } of cells) {
      if (way !== 'network') continue
      expect([shows, await knock(stage, way, AUTHORIZATION[shows])]).toEqual([shows, answer])
    }
    expect(stage.daemon.store.accounts()).toEqual([])
    expect(await knock(stage, 'socket', [])).toBe('201')
    expect(await knock(stage, 'network', [TOKEN])).toBe('403 LOCAL_ONLY')
  },
)

test.each(cells.filter(({ answer }) => answer === '201'))(
  'who makes the first account shuts the door for all: $way, $shows',
  async ({ shows, way }) => {
    await using stage = await anAccessStage({ bootstrapToken: TOKEN })
    expect(await knock(stage, way, AUTHORIZATION[shows])).toBe('201')
    expect(stage.daemon.store.accounts()).toHaveLength(1)
    for (const later of ['socket', 'loopback'] as const)
      expect(await knock(stage, later, [TOKEN])).toBe('409 BOOTSTRAP_CLOSED')
    for (const later of ['proxy', 'tunnel'] as const)
      expect(await knock(stage, later, [TOKEN])).toBe('403 LOCAL_ONLY')
  },
)
