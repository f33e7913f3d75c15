import type { Duplex } from 'node:stream'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Tunnel } from '../../../local-daemon/tunnel/tunnel.ts'
import type { TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import { anIdentity } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'
import { readWire } from '../../support/wire/wire-text.ts'
import { aTunnel, type TestTunnel } from './a-tunnel.ts'
import {
  anOpen,
  aScriptedGateway,
  HELLO,
  sendFrames,
} from '../../support/gateway/scripted-gateway.ts'

/** Milliseconds that `stop` takes, called twice at once. */
async function stopping({ tunnel }: TestTunnel): Promise<number> {
  const at = performance.now()
  await Promise.all([tunnel.stop(), tunnel.stop()])
  expect(tunnel.status).toMatchObject({ state: 'stopped', generation: null, open_streams: 0 })
  return performance.now() - at
}

describe('stop is prompt', () => {
  test('right after the start', async () => {
    await using gateway = await aScriptedGateway(() => {})
    expect(await stopping(aTunnel(gateway.url))).toBeLessThan(2_000)
  })

  test('while the host takes the connection and says nothing', async () => {
    const server = createServer((socket) => socket.on('error', () => {}))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const connected = once(server, 'connection') as Promise<[Duplex]>
    const home = aTunnel(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const [socket] = await connected
    expect(home.tunnel.status.state).toBe('connecting')
    expect(await stopping(home)).toBeLessThan(2_000)
    socket.destroy()
    server.close()
  })

  test('while a refusal drips', async () => {
    let dripping!: () => void
    const begun = new Promise<void>((resolve) => (dripping = resolve))
    await using gateway = await aScriptedGateway(({ socket }) => {
      socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 10000\r\n\r\n{', dripping)
    })
    const home = aTunnel(gateway.url)
    await begun
    expect(await stopping(home)).toBeLessThan(2_000)
  })

  test('while it waits for its next try', async () => {
    await using gateway = await aScriptedGateway(({ accept }) => {
      void accept().then((socket) => socket.close(4001))
    })
    const home = aTunnel(gateway.url)
    await home.event('disconnected')
    expect(home.tunnel.status.state).toBe('waiting')
    expect(await stopping(home)).toBeLessThan(2_000)
  })

  test('before the gateway has greeted', async () => {
    let accepted!: () => void
    const inside = new Promise<void>((resolve) => (accepted = resolve))
    await using gateway = await aScriptedGateway(({ accept }) => void accept().then(accepted))
    const home = aTunnel(gateway.url)
    await inside
    expect(await stopping(home)).toBeLessThan(1_500)
  })

  test('while connected, and the gateway hears the goodbye: GO_AWAY, then 1001', async () => {
    const heard: string[] = []
    await using gateway = await aScriptedGateway(({ accept }) => {
      void accept().then((socket) => {
        socket.on('message', (data: Buffer, isBinary) => {
          if (isBinary) heard.push(...readWire(data).map(({ type }) => type))
        })
        socket.on('close', (code: number) => heard.push(String(code)))
        sendFrames(socket, HELLO)
      })
    })
    const home = aTunnel(gateway.url)
    await home.event('connected')
    expect(await stopping(home)).toBeLessThan(2_000)
    await until('it is closed', () => heard.length === 3)
    expect(heard).toEqual(['HELLO', 'GO_AWAY', '1001'])
  })

  test('with a gateway that never answers the goodbye', async () => {
    await using gateway = await aScriptedGateway(({ accept }) => {
      void accept().then((socket) => {
        sendFrames(socket, HELLO)
        socket.pause()
      })
    })
    const home = aTunnel(gateway.url)
    await home.event('connected')
    expect(await stopping(home)).toBeLessThan(4_000)
  })

  test('with a request that never ends: after the time to finish, and the app hears it', async () => {
    let aborted = false
    const app: TunnelApp = {
      fetch({ signal }) {
        signal.addEventListener('abort', () => (aborted = true))
        return new Promise<Response>(() => {})
      },
    }
    await using gateway = await aScriptedGateway(({ accept }) => {
      void accept().then((socket) => sendFrames(socket, HELLO, anOpen(1)))
    })
    const home = aTunnel(gateway.url, app)
    await until('it has begun', () => home.tunnel.status.open_streams === 1)
    expect(await stopping(home)).toBeLessThan(9_000)
    expect(aborted).toBe(true)
  })

  test('with a request that ends meanwhile: it is answered first', async () => {
    let finish!: () => void
    const app: TunnelApp = {
      fetch: () => new Promise((resolve) => (finish = () => resolve(new Response('done')))),
    }
    const heard: string[] = []
    await using gateway = await aScriptedGateway(({ accept }) => {
      void accept().then((socket) => {
        socket.on('message', (data: Buffer, isBinary) => {
          if (isBinary) heard.push(...readWire(data).map(({ type }) => type))
          if (heard.at(-1) === 'GO_AWAY') finish()
        })
        sendFrames(socket, HELLO, anOpen(1))
      })
    })
    const home = aTunnel(gateway.url, app)
    await until('it has begun', () => home.tunnel.status.open_streams === 1)
    expect(await stopping(home)).toBeLessThan(3_000)
    expect(heard).toEqual(['HELLO', 'GO_AWAY', 'HEAD'])
  })
})

describe('the address of a gateway', () => {
  test.for(['', 'home.example', 'ftp://home.example', 'https://home.example/path', 'https://'])(
    '%j is refused at once',
    (gatewayUrl) => {
      const options = { gatewayUrl, identity: anIdentity(), agent: 'test/1' }
      expect(() => new Tunnel({ ...options, app: { fetch: () => new Response() } })).toThrow(
        TypeError,
      )
    },
  )
})
