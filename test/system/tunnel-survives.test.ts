import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { aHome } from '../support/daemon/a-daemon.ts'
import {
  aScriptedGateway,
  HELLO,
  sendFrames,
  type Knock,
} from '../support/gateway/scripted-gateway.ts'
import { until } from '../support/until.ts'
import { startSpl } from '../support/cli/run-spl.ts'

const raw = (socket: Duplex, status: string, body: string | Buffer, ...fields: string[]) => {
  const head = [`HTTP/1.1 ${status}`, ...fields, `Content-Length: ${body.length}`, '', '']
  socket.write(head.join('\r\n'))
  socket.end(body)
}
const afterwards =
  (does: (socket: WebSocket) => void) =>
  ({ accept }: Knock) =>
    void accept().then(does)

type Fault = readonly [name: string, does: (knock: Knock) => void]

/** What a gateway, or whatever stands in its place, does to a daemon. */
const FAULTS: readonly Fault[] = [
  ['ends', ({ socket }) => socket.end()],
  ['resets in the middle of the handshake', ({ socket }) => (socket as Socket).resetAndDestroy()],
  ['answers 301', ({ socket }) => raw(socket, '301 Moved', '', 'Location: http://127.0.0.1:1/')],
  ['answers 500 with a page', ({ socket }) => raw(socket, '500 No', '<html><h1>Error')],
  ['answers with too large a page', ({ socket }) => raw(socket, '403 No', Buffer.alloc(3e6, 60))],
  ['answers half', ({ socket }) => socket.end('HTTP/1.1 503 No\r\nContent-Length: 99\r\n\r\n{"co')],
  ['speaks TLS to plain HTTP', ({ socket }) => socket.end(Buffer.from('16030100020228', 'hex'))],
  [
    'accepts with a wrong key',
    ({ socket }) =>
      socket.end(
        'HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
      ),
  ],
  ['accepts and is gone', afterwards((socket) => socket.terminate())],
  [
    'sends a bad WebSocket frame',
    afterwards((socket) => rawSocketOf(socket).write(Buffer.from('ffff00', 'hex'))),
  ],
  ['sends a bad frame', afterwards((socket) => socket.send(Buffer.alloc(50, 0xee)))],
  [
    'greets and sends a bad frame',
    afterwards((socket) => {
      sendFrames(socket, HELLO)
      socket.send(Buffer.alloc(50, 0xee))
    }),
  ],
  [
    'greets and resets',
    afterwards((socket) => {
      sendFrames(socket, HELLO)
      rawSocketOf(socket).resetAndDestroy()
    }),
  ],
  ...[1000, 1001, 1002, 1008, 1011, 1012, 3000, 4000, 4999].map((code): Fault => [
    `closes with ${code}`,
    afterwards((socket) => socket.close(code, 'x'.repeat(123))),
  ]),
]

function rawSocketOf(socket: object): Socket {
  return (socket as { readonly _socket: Socket })._socket
}

/** One daemon each: the waits grow, and all in a row would take minutes. */
const FAULTS_PER_DAEMON = 4
const GROUPS = Array.from({ length: Math.ceil(FAULTS.length / FAULTS_PER_DAEMON) }, (_, index) =>
  FAULTS.slice(index * FAULTS_PER_DAEMON, (index + 1) * FAULTS_PER_DAEMON),
).map((faults) => [faults.map(([name]) => name).join('; '), faults] as const)

test.concurrent.for(GROUPS)(
  'a daemon process lives, connects and ends well after a gateway that: %s',
  { timeout: 60_000 },
  async ([_names, faults]) => {
    let greeted = false
    let met = 0
    await using gateway = await aScriptedGateway((knock, number) => {
      const fault = faults[number - 1]
      if (fault !== undefined) {
        met = number
        return fault[1](knock)
      }
      void knock.accept().then((socket) => {
        sendFrames(socket, HELLO)
        socket.once('message', () => (greeted = true))
      })
    })
    using home = aHome()
    const child = startSpl(['serve', '--port', '0', '--gateway', gateway.url], { home: home.path })
    const closed = once(child, 'close')
    child.stdout?.resume()
    const errors = text(child.stderr as Readable)
    try {
      await until('it has met them all, and is connected', () => greeted, 50_000)
      expect(met).toBe(faults.length)
      expect([child.exitCode, child.signalCode]).toEqual([null, null])
    } finally {
      child.kill('SIGTERM')
    }
    const [code] = (await closed) as [number | null]
    expect([code, await errors]).toEqual([0, expect.not.stringMatching(/error|\n\s+at /i)])
  },
)
