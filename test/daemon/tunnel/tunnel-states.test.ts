import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { until } from '../../support/until.ts'
import { readWire } from '../../support/wire/wire-text.ts'
import { aTunnel } from './a-tunnel.ts'
import {
  anOpen,
  aScriptedGateway,
  HELLO,
  sendFrames,
} from '../../support/gateway/scripted-gateway.ts'
import {
  LONGEST,
  REPLACED,
  RESTART,
  aStage,
  connectedAs,
  count,
  generation,
  home,
  kinds,
  slowApp,
} from './tunnel-stage.ts'

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

  test('the end of the old connection, of any kind, does not touch the new one', async () => {
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

  test('because our own newer connection replaced it, nothing is dialed and no other daemon gets the place', async () => {
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
  test('during an overlap finishes the requests of both connections, and does not dial again', async () => {
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
