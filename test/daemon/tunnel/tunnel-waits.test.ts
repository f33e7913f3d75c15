import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { aTunnel } from './a-tunnel.ts'
import { aScriptedGateway, HELLO, sendFrames } from '../../support/gateway/scripted-gateway.ts'
import { LONGEST, aStage, connectedAs, count, hello, home } from './tunnel-stage.ts'

describe.concurrent('another network, or a jump of the clock', () => {
  const movable = () => {
    const world = { addresses: 'eth0 10.0.0.2', jumpMs: 0 }
    return {
      world,
      options: {
        random: LONGEST,
        addresses: () => world.addresses,
        now: () => Date.now() + world.jumpMs,
      },
    }
  }
  type World = ReturnType<typeof movable>['world']
  const CHANGES = [
    ['another network', 'network-changed', (world: World) => (world.addresses = 'wlan0 10.1.0.2')],
    ['an hour of sleep', 'woke', (world: World) => (world.jumpMs += 3_600_000)],
    ['a clock set back', 'woke', (world: World) => (world.jumpMs -= 3_600_000)],
  ] as const

  test.for(CHANGES)('%s cuts the wait short and restarts the backoff', async ([, kind, change]) => {
    const { world, options } = movable()
    await using gateway = await aScriptedGateway(({ accept, socket }, number) => {
      // Seven tries: what is cut is dialed once more in the same try.
      if (number > 7 * 2) void accept().then((webSocket) => sendFrames(webSocket, HELLO))
      else socket.destroy()
    })
    let chance = 0
    const random = () => chance
    await using home = aTunnel(gateway.url, undefined, { ...options, random })
    const waits = () =>
      home.events.flatMap((event) => (event.kind === 'disconnected' ? [event.retryMs] : []))
    await until('five tries were made', () => waits().length === 5)
    // So soon after the start no wait is long; this one is, by a chance that there is not.
    chance = 20
    await until('it waits', () => waits().length === 6)
    chance = LONGEST()
    expect(waits()[5]).toBeGreaterThan(15_000)
    const at = performance.now()
    change(world)
    await home.event(kind)
    await home.event('connected')
    expect(performance.now() - at).toBeLessThan(10_000)
    expect(waits().slice(6)).toEqual([expect.closeTo(250, -1)])
    expect(home.tunnel.status.last_error).toBeNull()
  })

  test.for(CHANGES)('%s: a connection that answers stays', async ([, kind, change]) => {
    const { world, options } = movable()
    await using stage = await aStage(() => {}, options)
    await connectedAs(stage, 1)
    change(world)
    await stage.home.event(kind)
    await sleep(2_000)
    expect(home(stage)).toMatchObject({ state: 'connected', generation: 1 })
    expect(stage.knocks()).toBe(1)
  })

  test.for(CHANGES)('%s: one that does not answer is replaced soon', async ([, kind, change]) => {
    const { world, options } = movable()
    await using gateway = await aScriptedGateway(({ accept }, number) => {
      void accept().then((socket) => sendFrames(socket, hello(number)))
    })
    await using silent = aTunnel(gateway.url, undefined, options)
    await silent.event('connected')
    change(world)
    await silent.event(kind)
    const at = performance.now()
    await until('the next one serves', () => silent.tunnel.status.generation === 2)
    expect(performance.now() - at).toBeLessThan(3_000)
    expect(await silent.event('disconnected')).toMatchObject({
      reason: expect.stringMatching(/^no answer after a (change of network|jump of the clock)$/),
      retryMs: expect.closeTo(250, -1),
    })
  })

  test.for(CHANGES)('%s: a dial that hangs is started again', async ([, kind, change]) => {
    const { world, options } = movable()
    await using gateway = await aScriptedGateway(({ accept }, number) => {
      if (number > 1) void accept().then((socket) => sendFrames(socket, HELLO))
    })
    await using home = aTunnel(gateway.url, undefined, options)
    await until('it has knocked', () => gateway.knocks() === 1)
    change(world)
    await home.event(kind)
    expect(await home.event('disconnected')).toMatchObject({ retryMs: 0, reason: /^given up/ })
    await home.event('connected')
    expect(gateway.knocks()).toBe(2)
  })

  test('is no reason to take the place of another daemon', async () => {
    const { world, options } = movable()
    await using gateway = await aScriptedGateway(({ accept }) => {
      void accept().then((socket) => socket.close(4001))
    })
    await using home = aTunnel(gateway.url, undefined, options)
    const told = () => home.events.filter(({ kind }) => kind === 'disconnected').length
    await until('it was told twice', () => told() === 2)
    world.addresses = 'wlan0 10.1.0.2'
    await home.event('network-changed')
    await sleep(300)
    expect([gateway.knocks(), home.tunnel.status.state]).toEqual([2, 'waiting'])
  })

  test('a given-up dial of our own that came in late is not taken for another daemon', async () => {
    const { world, options } = movable()
    await using gateway = await aScriptedGateway(({ accept }, number) => {
      if (number > 1) void accept().then((socket) => socket.close(4001))
    })
    await using home = aTunnel(gateway.url, undefined, options)
    await until('it has knocked', () => gateway.knocks() === 1)
    world.addresses = 'wlan0 10.1.0.2'
    const waits = () =>
      home.events.flatMap((event) => (event.kind === 'disconnected' ? [event.retryMs] : []))
    await until('it was replaced twice', () => waits().length === 3)
    // Given up; replaced, perhaps by that one; replaced again, by somebody else for certain.
    expect(waits().map((ms) => ms >= 30_000)).toEqual([false, false, true])
  })
})

describe.concurrent('a try', () => {
  test('asks for the address again, and follows it when it changes', async () => {
    await using gateway = await aScriptedGateway(({ accept }) => {
      void accept().then((socket) => sendFrames(socket, HELLO))
    })
    const elsewhere = createServer((socket) => socket.destroy())
    elsewhere.listen(Number(new URL(gateway.url).port), '127.0.0.9')
    await once(elsewhere, 'listening')
    const asked: string[] = []
    let address = '127.0.0.9'
    await using home = aTunnel(`http://gateway.test:${new URL(gateway.url).port}`, undefined, {
      random: () => 0,
      lookup: (hostname, options, callback) => {
        asked.push(hostname)
        if (options.all) callback(null, [{ address, family: 4 }])
        else callback(null, address, 4)
      },
    })
    await until('two tries were made', () => count(home, 'disconnected') >= 2)
    expect(gateway.knocks()).toBe(0)
    address = '127.0.0.1'
    await home.event('connected')
    expect(asked).toHaveLength(count(home, 'disconnected') + 1)
    expect(new Set(asked)).toEqual(new Set(['gateway.test']))
    elsewhere.close()
  })

  test('whose name is not found is made again', async () => {
    let found = false
    await using gateway = await aScriptedGateway(({ accept }) => {
      void accept().then((socket) => sendFrames(socket, HELLO))
    })
    const fault = Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' })
    await using home = aTunnel(`http://gateway.test:${new URL(gateway.url).port}`, undefined, {
      lookup: (_hostname, options, callback) => {
        if (!found) callback(fault, '', 4)
        else if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }])
        else callback(null, '127.0.0.1', 4)
      },
    })
    expect((await home.event('disconnected')).reason).toMatch(/EAI_AGAIN/)
    found = true
    await home.event('connected')
  })

  test('that takes long is no connection that held: the waits grow', async () => {
    const server = createServer((socket) => setTimeout(() => socket.destroy(), 50))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await using home = aTunnel(`http://127.0.0.1:${port}`, undefined, { random: LONGEST })
    await until('three were made', () => count(home, 'disconnected') === 3)
    const waits = home.events.flatMap((event) =>
      event.kind === 'disconnected' ? [Math.round(event.retryMs)] : [],
    )
    expect(waits).toEqual([250, 999, 1499])
    server.close()
  })
})
