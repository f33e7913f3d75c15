import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { encodeFrame, FRAME } from '../../../protocol/tunnel/frame.ts'
import { encodeHello } from '../../../protocol/tunnel/hello.ts'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'
import { policyOfSize } from '../../support/wire/mux-end.ts'
import { readWire } from '../../support/wire/wire-text.ts'
import { aTeam } from '../../support/gateway/a-team.ts'
import { BASE, startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../support/daemon/home-app.ts'
import { aChallenge, knock, proofFields } from '../../support/wire/raw-tunnel.ts'
import { anIdentity, type TestIdentity } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

const ADAS = `ada.${BASE}`
const BOBS = `bob.${BASE}`
/** How soon the other owner must be answered, and for how long the flood goes on, milliseconds. */
const SOON_MS = 1_000
const FLOOD_MS = 4_000

const policies = Array.from({ length: 10 }, (_, at) =>
  encodeFrame({
    type: FRAME.POLICY,
    flags: 0,
    stream: 0,
    payload: policyOfSize(at + 1, 200_000),
  }),
)

/** Connects, sends policies as fast as they are taken until it is closed, and begins again. */
function aFlood(port: number, identity: TestIdentity) {
  const authority = `${ADAS}:${port}`
  const seen = { sent: 0, ends: [] as string[], over: false }
  async function round(): Promise<void> {
    const challenge = await aChallenge(port, authority)
    const fields = await proofFields(identity, port, { authority, challenge })
    const { socket, status } = await knock(port, { ...fields, host: authority })
    if (socket === undefined) return void seen.ends.push(`${status}`)
    const hello = encodeHello({ version: PROTOCOL_VERSION, agent: 'flood' })
    socket.send(encodeFrame({ type: FRAME.HELLO, flags: 0, stream: 0, payload: hello }))
    const closed = once(socket, 'close') as Promise<[number]>
    let last = ''
    socket.on('message', (data: Buffer) => {
      const { type, ...frame } = readWire(data).at(-1) ?? { type: '' }
      last = type === 'GO_AWAY' ? String((frame as { code?: string }).code) : last
    })
    await flood(socket)
    const [code] = await closed
    if (!seen.over) seen.ends.push(`${code} ${last}`)
  }
  async function flood(socket: WebSocket): Promise<void> {
    for (let at = 0; socket.readyState === socket.OPEN; at += 1) {
      if (seen.over) return socket.terminate()
      const policy = policies[at % policies.length] as Uint8Array
      await new Promise((sent) => socket.send(policy, sent))
      seen.sent += 1
    }
  }
  const going = (async () => {
    while (!seen.over) await round()
  })()
  return {
    seen,
    async stop() {
      seen.over = true
      await going
    },
  }
}

test('an owner who floods a team’s gateway with large policies is closed, and another owner is served soon', async () => {
  await using team = await aTeam(startOnWorkerd)
  const [ada, bob] = [anIdentity(), anIdentity()]
  await team.register(ada, ADAS)
  await team.register(bob, BOBS)
  const tunnel = team.dial(bob, BOBS, new HomeApp())
  await until('the other is connected', () => tunnel.status.state === 'connected')
  const { seen, stop } = aFlood(team.gateway.port, ada)
  const times: number[] = []
  for (const end = performance.now() + FLOOD_MS; performance.now() < end; await sleep(20)) {
    const from = performance.now()
    const { status } = await team.get(BOBS, '/v1/records', bob.bearer)
    times.push(performance.now() - from)
    expect(status).toBe(200)
  }
  await stop()
  await tunnel.stop()
  const most = Math.max(...times)
  if (process.env['SPL_TABLES'] !== undefined) {
    const flood = `${seen.sent} policies of 200 KB on ${seen.ends.length} connections`
    process.stdout.write(
      `| frame rates | another owner, ${flood} | 200 | ${most.toFixed(0)} ms |\n`,
    )
  }
  expect(most).toBeLessThan(SOON_MS)
  expect(times.length).toBeGreaterThan(10)
  // The gateway reads no more of them than the rate lets pass, and says why it closes.
  expect(seen.sent).toBeGreaterThan(200)
  expect(new Set(seen.ends)).toEqual(new Set(['1008 ENHANCE_YOUR_CALM']))
})
