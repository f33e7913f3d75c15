import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import type { TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import type { TunnelEvent, TunnelOptions } from '../../../local-daemon/tunnel/tunnel.ts'
import { until } from '../../support/until.ts'
import { readWire, type FrameText } from '../../support/wire/wire-text.ts'
import { aTunnel, type TestTunnel } from './a-tunnel.ts'
import {
  anOpen,
  aScriptedGateway,
  HELLO,
  sendFrames,
} from '../../support/gateway/scripted-gateway.ts'

/** What a wait of the backoff would take at the least where a test must see that it was cut short. */
const LONGEST = () => 0.999

const hello = (generation: number): FrameText => ({
  ...HELLO,
  json: { ...(HELLO.json as Record<string, unknown>), generation },
})
const goAway = (code: NonNullable<FrameText['code']>, reason: string): FrameText => ({
  type: 'GO_AWAY',
  flags: [],
  stream: 0,
  last_stream: 1,
  code,
  reason,
})
const RESTART = goAway('GOING_AWAY', 'the gateway restarts')
const REPLACED = goAway('REPLACED', 'the words do not matter')

interface Stage extends AsyncDisposable {
  readonly home: TestTunnel
  /** Every socket that was accepted, the closed ones too. */
  readonly sockets: readonly WebSocket[]
  readonly knocks: () => number
  /** Sockets that are open now, and the most that ever were at once. */
  readonly open: () => number
  readonly mostOpen: () => number
}

/** A gateway that greets each connection with the next generation, and a tunnel to it. */
async function aStage(
  script: (socket: WebSocket, number: number) => void = () => {},
  options: Partial<TunnelOptions> = {},
  app?: TunnelApp,
): Promise<Stage> {
  const sockets: WebSocket[] = []
  let open = 0
  let most = 0
  const gateway = await aScriptedGateway(({ accept }, number) => {
    void accept().then((socket) => {
      sockets.push(socket)
      open += 1
      most = Math.max(most, open)
      socket.on('close', () => (open -= 1))
      sendFrames(socket, hello(number))
      socket.on('message', (data: Buffer) => String(data) === 'ping' && socket.send('pong'))
      script(socket, number)
    })
  })
  const home = aTunnel(gateway.url, app, options)
  return {
    home,
    sockets,
    knocks: gateway.knocks,
    open: () => open,
    mostOpen: () => most,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate()
      await home.tunnel.stop()
      await gateway[Symbol.asyncDispose]()
    },
  }
}

const kinds = ({ events }: TestTunnel) => events.map(({ kind }) => kind)
const count = (home: TestTunnel, kind: TunnelEvent['kind']) =>
  kinds(home).filter((one) => one === kind).length
const generation = ({ home }: Stage) => home.tunnel.status.generation
const connectedAs = (stage: Stage, number: number) =>
  until(`generation ${number} serves`, () => generation(stage) === number)

/** An app whose answers end when a test says so. */
function slowApp(): { readonly app: TunnelApp; readonly finish: (() => void)[] } {
  const finish: (() => void)[] = []
  const app: TunnelApp = {
    fetch: () =>
      new Promise((resolve) => finish.push(() => resolve(new Response('finished late')))),
  }
  return { app, finish }
}

describe.concurrent('the greeting', () => {
  test('that does not come is given up after 5 s, and the next try is made', async () => {
    await using gateway = await aScriptedGateway(({ accept }, number) => {
      void accept().then((socket) => number > 1 && sendFrames(socket, HELLO))
    })
    await using home = aTunnel(gateway.url)
    await until('it waits for the greeting', () => home.tunnel.status.state === 'greeting')
    const at = performance.now()
    const lost = await home.event('disconnected')
    expect(lost.reason).toBe('the gateway did not greet within 5 s')
    expect(performance.now() - at).toBeGreaterThan(4_000)
    await home.event('connected')
    expect(home.tunnel.status).toMatchObject({ state: 'connected', reconnects: 0 })
  })
})

describe.concurrent('when the gateway goes away', () => {
  test('a new connection is there at once, and the old one finishes what it has', async () => {
    const { app, finish } = slowApp()
    const heard: string[] = []
    await using stage = await aStage(
      (socket, number) => {
        if (number > 1) return
        sendFrames(socket, anOpen(1))
        socket.on('message', (data: Buffer, isBinary) => {
          if (isBinary) heard.push(...readWire(data).map(({ type }) => type))
        })
      },
      { random: LONGEST },
      app,
    )
    const { home, sockets } = stage
    await until('it has begun', () => finish.length === 1)
    sendFrames(sockets[0] as WebSocket, RESTART)
    await connectedAs(stage, 2)
    expect(await home.event('overlap')).toMatchObject({ generation: 1, retryMs: 0 })
    expect(home.tunnel.status).toMatchObject({ state: 'connected', open_streams: 1, reconnects: 1 })
    expect(stage.open()).toBe(2)
    expect(heard).not.toContain('HEAD')
    finish[0]?.()
    await until('it is answered on the old connection', () => heard.includes('HEAD'))
    sockets[0]?.close(1001)
    await until('the old one is closed', () => stage.open() === 1)
    await sleep(100)
    expect(generation(stage)).toBe(2)
    expect(kinds(home)).toEqual(['connected', 'overlap', 'connected'])
    expect(stage.knocks()).toBe(2)
  })

  test('and forgets to close, the daemon closes what is finished', async () => {
    await using stage = await aStage()
    await connectedAs(stage, 1)
    sendFrames(stage.sockets[0] as WebSocket, RESTART)
    await connectedAs(stage, 2)
    const [code] = (await once(stage.sockets[0] as WebSocket, 'close')) as [number]
    expect(code).toBe(1001)
    expect(home(stage)).toMatchObject({ state: 'connected', generation: 2 })
  })

  test('the end of the old connection, however it comes, does not touch the new one', async () => {
    for (const end of [
      (socket: WebSocket) => socket.terminate(),
      (socket: WebSocket) => socket.close(4001, 'replaced by a newer connection'),
      (socket: WebSocket) => socket.send(Buffer.alloc(100, 0xa5)),
    ]) {
      await using stage = await aStage()
      await connectedAs(stage, 1)
      const [old] = stage.sockets as [WebSocket]
      sendFrames(old, RESTART)
      await connectedAs(stage, 2)
      const since = home(stage).since
      end(old)
      await until('the old one is gone', () => stage.open() === 1)
      await sleep(100)
      expect(home(stage)).toMatchObject({ state: 'connected', generation: 2, since })
      expect([stage.knocks(), count(stage.home, 'disconnected')]).toEqual([2, 0])
    }
  })

  test('because our own newer connection replaced it, nothing is dialed and nobody is yielded to', async () => {
    await using stage = await aStage((_socket, number) => {
      if (number === 2) sendFrames(stage.sockets[0] as WebSocket, REPLACED)
    })
    await connectedAs(stage, 1)
    sendFrames(stage.sockets[0] as WebSocket, RESTART)
    await connectedAs(stage, 2)
    await sleep(300)
    expect([stage.knocks(), stage.open()]).toEqual([2, 2])
    expect(home(stage)).toMatchObject({ state: 'connected', generation: 2, last_error: null })
    stage.sockets[0]?.close(4001, 'replaced by a newer connection')
    await until('the old one is gone', () => stage.open() === 1)
    await sleep(300)
    expect(stage.knocks()).toBe(2)
    expect(home(stage)).toMatchObject({ state: 'connected', generation: 2 })
  })

  test('because another daemon took over, open requests finish, and a moment later the place is asked for', async () => {
    const { app, finish } = slowApp()
    await using stage = await aStage((socket) => sendFrames(socket, anOpen(1)), {}, app)
    await until('it has begun', () => finish.length === 1)
    const [old] = stage.sockets as [WebSocket]
    sendFrames(old, REPLACED)
    await until('it is leaving', () => home(stage).state === 'leaving')
    expect(home(stage)).toMatchObject({ open_streams: 1, last_error: /replaced/ })
    const answered = new Promise((resolve) => {
      old.on('message', (data: Buffer) => readWire(data)[0]?.type === 'HEAD' && resolve(true))
    })
    finish[0]?.()
    await answered
    // Whatever the code: what it said before counts.
    old.close(1001)
    const { retryMs } = await stage.home.event('disconnected')
    expect(retryMs).toBeGreaterThanOrEqual(1_000)
    expect(retryMs).toBeLessThanOrEqual(3_000)
    expect(stage.knocks()).toBe(1)
  })

  test('each time at once, it is not dialed faster than a gateway that fails', async () => {
    await using stage = await aStage((socket) => sendFrames(socket, RESTART), { random: LONGEST })
    await until('it has gone away three times', () => count(stage.home, 'overlap') >= 3)
    const waits = stage.home.events.flatMap((event) =>
      event.kind === 'overlap' ? [event.retryMs] : [],
    )
    expect(waits.slice(0, 3)).toEqual([0, expect.closeTo(999.1, 0), expect.closeTo(1498.65, 0)])
  })

  test('twice, a third connection is not opened beside two', async () => {
    const { app } = slowApp()
    await using stage = await aStage((socket) => sendFrames(socket, anOpen(1)), {}, app)
    await connectedAs(stage, 1)
    sendFrames(stage.sockets[0] as WebSocket, RESTART)
    await connectedAs(stage, 2)
    await until('both have a request', () => home(stage).open_streams === 2)
    const first = once(stage.sockets[0] as WebSocket, 'close')
    sendFrames(stage.sockets[1] as WebSocket, RESTART)
    // The oldest has its time to finish, as when the daemon stops, and then its place is needed.
    await first
    await connectedAs(stage, 3)
    expect(stage.mostOpen()).toBe(2)
  })
})

describe.concurrent('stop', () => {
  test('during an overlap finishes the requests of both connections, and dials no more', async () => {
    const { app, finish } = slowApp()
    const heads: number[] = []
    await using stage = await aStage(
      (socket, number) => {
        socket.on('message', (data: Buffer, isBinary) => {
          if (isBinary && readWire(data).some(({ type }) => type === 'HEAD')) heads.push(number)
        })
        sendFrames(socket, anOpen(1))
      },
      {},
      app,
    )
    await until('the first has begun', () => finish.length === 1)
    sendFrames(stage.sockets[0] as WebSocket, RESTART)
    await until('the second has begun', () => finish.length === 2)
    const stopped = stage.home.tunnel.stop()
    expect(home(stage).state).toBe('leaving')
    for (const one of finish) one()
    await stopped
    expect(heads.toSorted()).toEqual([1, 2])
    expect(home(stage)).toMatchObject({ state: 'stopped', generation: null, open_streams: 0 })
    expect([stage.knocks(), stage.open()]).toEqual([2, 0])
  })

  test('during which the connection is lost does not dial again', async () => {
    const { app } = slowApp()
    await using stage = await aStage((socket) => sendFrames(socket, anOpen(1)), {}, app)
    await until('it has begun', () => home(stage).open_streams === 1)
    const at = performance.now()
    const stopped = stage.home.tunnel.stop()
    stage.sockets[0]?.terminate()
    await stopped
    expect(performance.now() - at).toBeLessThan(3_000)
    await sleep(400)
    expect(stage.knocks()).toBe(1)
    expect(kinds(stage.home)).toEqual(['connected'])
  })

  test('while the second connection of an overlap is dialed gives that up', async () => {
    await using gateway = await aScriptedGateway(({ accept }, number) => {
      if (number > 1) return
      void accept().then((socket) => sendFrames(socket, HELLO, RESTART))
    })
    const home = aTunnel(gateway.url)
    await until('it dials again', () => gateway.knocks() === 2)
    const at = performance.now()
    await home.tunnel.stop()
    expect(performance.now() - at).toBeLessThan(2_000)
    expect(home.tunnel.status.state).toBe('stopped')
  })
})

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

  test.for(CHANGES)(
    '%s cuts the wait short and starts the backoff anew',
    async ([, kind, change]) => {
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
    },
  )

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

  test.for(CHANGES)('%s: a dial that hangs is begun anew', async ([, kind, change]) => {
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
  test('asks for the address anew, and follows it when it changes', async () => {
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

describe.concurrent('the status', () => {
  test('tells since when, the last error, how often and when it was connected', async () => {
    await using stage = await aStage()
    const before = Date.now()
    expect(home(stage)).toMatchObject({ last_connected_at: null, reconnects: 0 })
    await connectedAs(stage, 1)
    const { since, last_connected_at: at } = home(stage)
    expect(since).toBeGreaterThanOrEqual(before)
    expect(at).toBeGreaterThanOrEqual(since)
    stage.sockets[0]?.close(1011, 'deployed')
    await stage.home.event('disconnected')
    expect(home(stage)).toMatchObject({
      last_error: 'closed with 1011: deployed',
      last_connected_at: at,
      generation: null,
    })
    await connectedAs(stage, 2)
    expect(home(stage)).toMatchObject({ reconnects: 1, last_error: null })
  })
})

function home(stage: Stage) {
  return stage.home.tunnel.status
}
