import type { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { aTunnel } from './a-tunnel.ts'
import { aScriptedGateway } from '../../support/gateway/scripted-gateway.ts'

const answerRaw = (socket: Duplex, status: string, body: string, ...fields: string[]) => {
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      ...fields,
      `Content-Length: ${body.length}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}

const problem = (code: string) => JSON.stringify({ object: 'error', code, message: 'no' })

describe('a host that does not let the daemon in', () => {
  test.for([
    [
      'a page of HTML with 502',
      (socket) => answerRaw(socket, '502 Bad Gateway', '<h1>no</h1>'),
      /answered 502/,
      'soon',
    ],
    ['200', (socket) => answerRaw(socket, '200 OK', 'hello'), /answered 200/, 'soon'],
    [
      'a redirect',
      (socket) => answerRaw(socket, '302 Found', '', 'Location: http://127.0.0.1:1/'),
      /answered 302/,
      'soon',
    ],
    [
      'JSON of another kind',
      (socket) => answerRaw(socket, '401 Unauthorized', '{"error":"x"}'),
      /answered 401/,
      'soon',
    ],
    [
      'JSON that is no object',
      (socket) => answerRaw(socket, '401 Unauthorized', '[1]'),
      /answered 401/,
      'soon',
    ],
    [
      'a large body',
      (socket) => answerRaw(socket, '401 Unauthorized', 'x'.repeat(5_000_000)),
      /answered 401/,
      'soon',
    ],
    [
      'a refusal by the gateway',
      (socket) => answerRaw(socket, '401 Unauthorized', problem('CONNECT_PROOF_INVALID')),
      /CONNECT_PROOF_INVALID/,
      'seldom',
    ],
    [
      'an old version',
      (socket) => answerRaw(socket, '426 Upgrade Required', problem('UPGRADE_REQUIRED')),
      /UPGRADE_REQUIRED/,
      'seldom',
    ],
    [
      'trouble of the gateway',
      (socket) => answerRaw(socket, '500 No', problem('GATEWAY_MISCONFIGURED')),
      /GATEWAY_MISCONFIGURED/,
      'soon',
    ],
    [
      'too many requests of this address',
      (socket) => answerRaw(socket, '429 Too Many Requests', problem('RATE_LIMITED')),
      /RATE_LIMITED/,
      'soon',
    ],
    ['a reset', (socket) => socket.destroy(), /hang up|reset/i, 'soon'],
    ['noise', (socket) => socket.end('\0\0\0\r\n\r\n'), /pars/i, 'soon'],
    [
      '101 without a key',
      (socket) =>
        socket.end(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
        ),
      /accept/i,
      'soon',
    ],
  ] as readonly [string, (socket: Duplex) => void, RegExp, 'soon' | 'seldom'][])(
    'but answers %s: the daemon reports the reason, and tries again',
    async ([_name, script, reason, when]) => {
      await using gateway = await aScriptedGateway(({ socket }) => script(socket))
      await using home = aTunnel(gateway.url)
      const lost = await home.event('disconnected')
      expect(lost.reason).toMatch(reason)
      if (when === 'seldom') expect(lost.retryMs).toBeGreaterThanOrEqual(240_000)
      else await until('it tries again', () => gateway.knocks() >= 2)
      expect(home.tunnel.status.last_error).toMatch(reason)
    },
  )

  test('but lets its refusal drip without an end: the daemon does not wait for it', async () => {
    await using gateway = await aScriptedGateway(({ socket }, number) => {
      if (number > 1) return socket.destroy()
      socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 10000\r\n\r\n{')
      const drip = setInterval(() => socket.write(' '), 100)
      socket.on('close', () => clearInterval(drip))
    })
    await using home = aTunnel(gateway.url)
    await home.event('disconnected')
    await until('it tries again', () => gateway.knocks() >= 2)
  })

  test('but refuses and keeps the connection open: the daemon closes it at once, each time', async () => {
    const open = new Set<Duplex>()
    await using gateway = await aScriptedGateway(({ socket }) => {
      open.add(socket)
      socket
        .on('end', () => socket.end())
        .on('close', () => open.delete(socket))
        .resume()
      // A proxy's answer: whole, and more requests would be welcome.
      socket.write(
        'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nno',
      )
    })
    await using home = aTunnel(gateway.url)
    await until('it has tried three times', () => gateway.knocks() >= 3)
    await until('the next wait has begun', () => home.tunnel.status.state === 'waiting')
    await until('no connection is left', () => open.size === 0)
    expect(home.tunnel.status.last_error).toMatch(/answered 502/)
  })

  test('is not there at all: it is tried again, with other waits in between', async () => {
    const gateway = await aScriptedGateway(() => {})
    await gateway[Symbol.asyncDispose]()
    await using home = aTunnel(gateway.url)
    const losses = () => home.events.filter(({ kind }) => kind === 'disconnected')
    await until('it has tried three times', () => losses().length >= 3)
    expect(losses()[0]).toMatchObject({ reason: expect.stringMatching(/ECONNREFUSED/) })
  })
})
