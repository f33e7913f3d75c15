import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import type { WebSocketPeer } from '../../../../local-daemon/tunnel/tunnel-app.ts'
import { pattern } from '../../../support/wire/mux-end.ts'
import { ending, openSocket } from '../../../support/clients/open-socket.ts'
import type { Stage } from '../../../support/gateway/stage.ts'
import { settled, until } from '../../../support/until.ts'

interface HomeSocket {
  readonly peer: WebSocketPeer
  readonly messages: (string | Uint8Array)[]
  readonly closed: Promise<{ code: number; reason: string }>
}

/** A public WebSocket, whose other end is the app. */
export function webSocketCases(stage: () => Stage): void {
  /** Accepts handshakes for a path; resolves with the app's end of the next one. */
  const accepting = (path: string, protocol?: string, echo = false): Promise<HomeSocket> =>
    new Promise((resolve) => {
      stage().app.accept(path, () => ({
        ...(protocol === undefined ? {} : { protocol }),
        start(peer) {
          const messages: (string | Uint8Array)[] = []
          let close!: (end: { code: number; reason: string }) => void
          const closed = new Promise<{ code: number; reason: string }>((done) => (close = done))
          resolve({ peer, messages, closed })
          return {
            message(message) {
              messages.push(typeof message === 'string' ? message : message.slice())
              if (echo) peer.send(message)
            },
            closed: (code, reason) => close({ code, reason }),
          }
        },
      }))
    })

  describe('a WebSocket', () => {
    test('carries text and binary as what they are, from empty to 1 MiB, in order', async () => {
      const home = accepting('/echo', undefined, true)
      const socket = await openSocket(stage(), '/echo')
      await home
      const largest = 1024 * 1024 - 5
      const sent = [
        'tea',
        '',
        'caf\u00e9 \u2603 \ud83c\udf75',
        pattern(0),
        pattern(1),
        pattern(70_000),
        'x'.repeat(largest),
        pattern(largest),
        'last',
      ]
      const got: unknown[] = []
      socket.on('message', (data: Buffer, isBinary) => {
        got.push(isBinary ? new Uint8Array(data) : data.toString())
      })
      // All at once would be faster than a fresh window: the largest go one by one.
      for (const [index, message] of sent.entries()) {
        socket.send(message)
        if (message.length > 70_000) await until('it is back', () => got.length > index)
      }
      await until('all are back', () => got.length === sent.length)
      expect(got).toEqual(sent)
      socket.close()
      await once(socket, 'close')
    })

    test('lets the app speak first', async () => {
      stage().app.accept('/hello', () => ({
        start(peer) {
          peer.send('hello')
          return { message() {}, closed() {} }
        },
      }))
      const [name, value] = stage().authorization
      const { WebSocket } = await import('ws')
      const socket = new WebSocket(`ws://localhost:${stage().gateway.port}/hello`, {
        headers: { [name]: value },
      })
      const [data] = (await once(socket, 'message')) as [Buffer]
      expect(data.toString()).toBe('hello')
      socket.terminate()
      await stage().idle()
    })

    test('has the subprotocol that the app chose, and the app sees the offer', async () => {
      void accepting('/sub', 'b.2')
      const socket = await openSocket(stage(), '/sub', ['a.1', 'b.2'])
      expect(socket.protocol).toBe('b.2')
      const seen = new Headers(stage().app.seen.at(-1)?.headers as [string, string][])
      expect(seen.get('sec-websocket-protocol')?.split(/, */)).toEqual(['a.1', 'b.2'])
      expect(seen.get('sec-websocket-key')).toBeNull()
      socket.close()
      await stage().idle()
    })

    test.for([
      [1000, 'done'],
      [1001, ''],
      [1011, 'caf\u00e9'],
      [3000, 'x'.repeat(123)],
      [4999, 'mine'],
    ] as const)(
      'closed by the client with %i tells the app the code and the reason',
      async ([code, reason]) => {
        const home = accepting('/close')
        const socket = await openSocket(stage(), '/close')
        const end = ending(socket)
        socket.send('before')
        socket.close(code, reason)
        expect(await (await home).closed).toEqual({ code, reason })
        expect((await home).messages).toEqual(['before'])
        expect(await end).toEqual({ code, reason })
        await stage().idle()
      },
    )

    test('closed by the client without a code is that at home too', async () => {
      const home = accepting('/close')
      const socket = await openSocket(stage(), '/close')
      const end = ending(socket)
      socket.close()
      expect((await (await home).closed).code).toBe(1005)
      expect((await end).code).toBe(1005)
      await stage().idle()
    })

    test.for([
      [1000, 'done'],
      [1001, ''],
      [1008, 'no'],
      [4000, 'x'.repeat(123)],
    ] as const)(
      'closed by the app with %i tells the client the code and the reason',
      async ([code, reason]) => {
        const home = accepting('/close-home')
        const socket = await openSocket(stage(), '/close-home')
        const { peer } = await home
        const message = once(socket, 'message')
        const end = ending(socket)
        peer.send('before')
        peer.close(code, reason)
        expect(String((await message)[0])).toBe('before')
        expect(await end).toEqual({ code, reason })
        await stage().idle()
      },
    )

    /** Sends a close frame of these bytes as they are: a library would refuse to. */
    function closeWith(socket: WebSocket, payload: readonly number[]): void {
      const { _socket: raw } = socket as unknown as { readonly _socket: Socket }
      raw.write(Uint8Array.of(0x88, 0x80 | payload.length, 0, 0, 0, 0, ...payload))
    }
    const codeBytes = (code: number) => [code >> 8, code & 0xff]

    test.for([
      ['code 0', codeBytes(0)],
      ['code 999', codeBytes(999)],
      ['code 1004', codeBytes(1004)],
      ['code 1006', codeBytes(1006)],
      ['code 1015', codeBytes(1015)],
      ['code 5000', codeBytes(5000)],
      ['code 65535', codeBytes(65535)],
    ] as const)(
      'that its client closes with %s, which none may send, is an error of the client and a cut for the app',
      async ([_name, payload]) => {
        const home = accepting('/close-badly')
        const socket = await openSocket(stage(), '/close-badly')
        const { closed } = await home
        const end = ending(socket)
        closeWith(socket, payload)
        expect((await closed).code).toBe(1006)
        expect((await end).code).toBe(1002)
        await stage().idle()
      },
    )

    test.for([
      ['code 1005', codeBytes(1005)],
      ['half a code', [3]],
      ['a reason that is no UTF-8', [...codeBytes(1000), 0xff, 0xfe]],
      ['a reason that ends inside a character', [...codeBytes(1000), 0xe2, 0x82]],
      [
        'a reason of 123 bytes that are no UTF-8',
        [...codeBytes(1000), ...Array<number>(123).fill(0xff)],
      ],
      ['a lone surrogate in its reason', [...codeBytes(4000), 0xed, 0xa0, 0x80]],
      ['a zero in its reason', [...codeBytes(4000), 0]],
    ] as const)(
      'that its client closes with %s is over for the app and for the client, and its slot is free',
      async ([_name, payload]) => {
        const home = accepting('/close-oddly')
        const socket = await openSocket(stage(), '/close-oddly')
        const { closed } = await home
        const end = ending(socket)
        closeWith(socket, payload)
        await closed
        await end
        await stage().idle()
      },
    )

    test('whose client is gone without a word is cut for the app: 1006', async () => {
      const home = accepting('/cut')
      const socket = await openSocket(stage(), '/cut')
      socket.terminate()
      expect((await (await home).closed).code).toBe(1006)
      await stage().idle()
    })

    test('whose client is gone before home accepts it keeps no slot', async () => {
      const { app, gateway, authorization } = stage()
      let accept!: () => void
      const accepted = new Promise<void>((resolve) => (accept = resolve))
      const before = app.seen.length
      app.accept('/late', async () => {
        await accepted
        return { start: () => ({ message() {}, closed() {} }) }
      })
      const handshake = [
        'GET /late HTTP/1.1',
        `Host: ${gateway.authority}`,
        `Authorization: ${authorization[1]}`,
        'Connection: upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        '\r\n',
      ].join('\r\n')
      const clients = Array.from({ length: 8 }, () => {
        const socket = connect(gateway.port, '127.0.0.1').on('error', () => {})
        socket.write(handshake)
        return socket
      })
      await until('all wait', () => app.seen.length === before + clients.length)
      for (const client of clients) client.resetAndDestroy()
      // A request that comes after the resets is answered after them, so the gateway has noticed by then. Of itself it looks
      // once a second.
      await stage().send({ path: '/small' })
      accept()
      await stage().idle()
    })

    test('declined by the app: the client gets the answer', async () => {
      stage().app.accept('/no', () =>
        Response.json({ code: 'NOT_TODAY' }, { status: 403, headers: { 'x-why': 'rain' } }),
      )
      const { WebSocket } = await import('ws')
      const [name, value] = stage().authorization
      const socket = new WebSocket(`ws://localhost:${stage().gateway.port}/no`, {
        headers: { [name]: value },
      })
      socket.on('error', () => {})
      const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
      expect([answer.statusCode, answer.headers['x-why']]).toEqual([403, 'rain'])
      let text = ''
      for await (const part of answer) text += String(part)
      expect(JSON.parse(text)).toEqual({ code: 'NOT_TODAY' })
      socket.terminate()
      await stage().idle()
    })

    test('with a message over the limit is closed with 1009', async () => {
      const home = accepting('/large')
      const socket = await openSocket(stage(), '/large')
      const end = ending(socket)
      socket.send(pattern(1024 * 1024 + 1))
      expect((await end).code).toBe(1009)
      expect((await (await home).closed).code).toBe(1006)
      await stage().idle()
    })

    test('whose app sends a message over the limit tells it so, and goes on', async () => {
      const home = accepting('/large-home')
      const socket = await openSocket(stage(), '/large-home')
      const { peer } = await home
      expect(() => peer.send(pattern(1024 * 1024 + 1))).toThrow(RangeError)
      const message = once(socket, 'message')
      peer.send('small')
      expect(String((await message)[0])).toBe('small')
      socket.close()
      await stage().idle()
    })

    test('whose client never reads: the app is told to wait, others are served, and all of it arrives', async () => {
      const home = accepting('/lazy')
      const socket = await openSocket(stage(), '/lazy')
      const { peer } = await home
      socket.pause()
      const message = pattern(100_000)
      let sent = 0
      while (sent < 2_000 && peer.send(message)) {
        sent += 1
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
      }
      // Stopped by what lies in between, far before 200 MB.
      expect(sent).toBeLessThan(1_000)
      expect((await stage().send({ path: '/small' })).text).toBe('home')
      let got = 0
      socket.on('message', () => (got += 1))
      socket.resume()
      await until('everything arrives', () => got === sent + (sent < 2_000 ? 1 : 0))
      socket.close()
      await once(socket, 'close')
      await stage().idle()
    })

    test('whose client is faster than home: closed with 1008 or served, never without bound', async () => {
      const home = accepting('/flood')
      const socket = await openSocket(stage(), '/flood')
      await home
      const end = ending(socket)
      for (let index = 0; index < 200; index += 1) socket.send(pattern(100_000))
      socket.close(1000)
      expect([1000, 1008]).toContain((await end).code)
      await settled(() => stage().home.tunnel.status.open_streams)
      await stage().idle()
    })
  })
}
