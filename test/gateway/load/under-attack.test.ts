import { once } from 'node:events'
import { expect, test } from 'vitest'
import { scopeBits } from '../../../protocol/tunnel/edge-policy.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { FRAME_RATES } from '../../../protocol/multiplexer/frame-rates.ts'
import { readWire, writeWire } from '../../support/wire/wire-text.ts'
import { connectHome } from '../../support/daemon/connect-home.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../support/daemon/home-app.ts'
import { aRawHome } from '../../support/wire/raw-home.ts'
import { send } from '../../support/clients/send.ts'
import { aStage } from '../../support/gateway/stage.ts'
import { anIdentity, tokenIdOf } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

test('a home that has fallen silent is away: what asked is held, and served by the next connection', async () => {
  const identity = anIdentity()
  await using gateway = await startOnWorkerd({ ownerDid: identity.did, movableClock: true })
  const home = await aRawHome(gateway.port, identity)
  const headers = [['authorization', `Bearer ${identity.bearer}`]] as const
  const asked = send(gateway.port, { path: '/asked', headers })
  await until('it is at home', () => home.targets().includes('/asked'))
  const closed = once(home.socket, 'close')
  await setGatewayClock(gateway.port, LIMITS.silenceMs + 1_000)
  const next = send(gateway.port, { path: '/next', headers })
  expect((await closed)[0]).toBe(1001)
  expect(home.targets()).toEqual(['/asked'])
  await using _back = await connectHome(gateway.origin, identity, new HomeApp())
  expect([(await asked).text, (await next).text]).toEqual(['home', 'home'])
})

test('a flood of PINGs is told GO_AWAY with a code and the reason, and closed', async () => {
  const identity = anIdentity()
  await using gateway = await startOnWorkerd({ ownerDid: identity.did })
  const home = await aRawHome(gateway.port, identity)
  const closed = once(home.socket, 'close')
  const pings = Array.from(
    { length: 1000 },
    () => ({ type: 'PING', flags: [], stream: 0, id: 1 }) as const,
  )
  const message = writeWire(pings)
  for (let sent = 0; sent <= (FRAME_RATES.PING ?? 0); sent += 1000) home.socket.send(message)
  expect((await closed)[0]).toBe(1008)
  expect(home.frames.at(-1)).toMatchObject({ type: 'GO_AWAY', code: 'ENHANCE_YOUR_CALM' })
  expect(readWire(message)).toHaveLength(1000)
})

test('120 refusals at once are all readable to an allowed page, also while strangers ask from elsewhere', async () => {
  await using stage = await aStage(startOnWorkerd)
  const tokens = { [tokenIdOf(stage.identity.bearer)]: { scopes: scopeBits(['admin']) } }
  await stage.keep({ origins: ['https://app.example.com'], tokens })
  const ask = async (origin: string) => {
    const headers = [
      ['origin', origin],
      ['authorization', 'Bearer spl_forged'],
    ] as const
    const { status, header } = await send(stage.gateway.port, { path: '/v1/records', headers })
    return [status, header('access-control-allow-origin')]
  }
  const page = () => Array.from({ length: 120 }, () => ask('https://app.example.com'))
  const readable = Array.from({ length: 120 }, () => [401, 'https://app.example.com'])
  expect(await Promise.all(page())).toEqual(readable)
  const strangers = Array.from({ length: 300 }, (_, at) => ask(`https://evil-${at}.example`))
  const [mine, theirs] = await Promise.all([Promise.all(page()), Promise.all(strangers)])
  expect(mine).toEqual(readable)
  expect(theirs.every(([status, allowed]) => status === 401 && allowed === undefined)).toBe(true)
  let over = false
  const flood = Array.from({ length: 60 }, async (_, lane) => {
    for (let at = 0; !over; at += 1) await ask(`https://evil-${lane}-${at}.example`)
  })
  const took: number[] = []
  for (let times = 0; times < 5; times += 1) {
    const from = performance.now()
    expect((await stage.send({ path: '/v1/records' })).status).toBe(200)
    took.push(performance.now() - from)
  }
  over = true
  await Promise.all(flood)
  const slowest = Math.max(...took)
  if (process.env['SPL_TABLES'] !== undefined) {
    const line = `| originLookups, unknownOriginLookups | strangers, 60 at once | 200`
    process.stdout.write(`${line} | ${slowest.toFixed(0)} ms |\n`)
  }
  expect(slowest).toBeLessThan(1_000)
})
