import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBearer } from '../../../protocol/identity/bearer.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import { send } from '../../support/clients/send.ts'

const FORMS = JSON.parse(
  readFileSync(new URL('../../../protocol/vectors/bearers.json', import.meta.url), 'utf8'),
) as { name: string; field: string; bearer: string | null }[]

let home: RealHome
beforeAll(async () => {
  home = await aRealHome()
})
afterAll(() => home[Symbol.asyncDispose]())

test.for(FORMS)('gateway and daemon read $name the same way', async ({ field, bearer }) => {
  expect(readBearer(field)).toEqual(bearer === null ? undefined : { bearer })
  const value = field.replace('TOKEN', home.bearer)
  const ask = async (port: number) => {
    const headers = [['authorization', value]] as const
    return (await send(port, { path: '/v1/identity', headers })).status
  }
  const expected = bearer === 'TOKEN' ? 200 : 401
  expect(await ask(home.daemon().addresses.tcp.port)).toBe(expected)
  expect(await ask(home.gateway.port)).toBe(expected)
})
