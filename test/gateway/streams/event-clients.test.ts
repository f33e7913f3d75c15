import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  errorEvent,
  HEARTBEAT_COMMENT,
  OPENING,
  retryLine,
} from '../../../protocol/events/event-text.ts'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { aDraft, aHome } from '../../support/daemon/a-daemon.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import { EVENT_CLIENTS } from './event-clients.ts'
import { until } from '../../support/until.ts'

let home: RealHome
beforeAll(async () => {
  home = await aRealHome()
})
afterAll(() => home[Symbol.asyncDispose]())

const WAYS = [
  ['loopback', () => `http://127.0.0.1:${home.daemon().addresses.tcp.port}`],
  ['gateway', () => home.gateway.origin],
] as const

/** A daemon that can be started again on its port. */
async function aHomeOfItsOwn() {
  const directory = aHome()
  const start = (port: number) =>
    startDaemon({ home: directory.path, port, logger: pino({ level: 'silent' }) })
  let daemon = await start(0)
  const { port } = daemon.addresses.tcp
  return {
    port,
    bearer: daemon.adminBearer ?? '',
    append: async () => (await daemon.store.append(aDraft({ thread: 'th_again' }))).record.id,
    async restart() {
      await daemon.stop()
      daemon = await start(port)
    },
    async [Symbol.asyncDispose]() {
      await daemon.stop()
      directory[Symbol.dispose]()
    },
  }
}

async function* oneByOne(pieces: readonly string[]) {
  for (const piece of pieces) {
    yield piece
    await sleep(5)
  }
}

describe.for(EVENT_CLIENTS)('%s', ([, follow]) => {
  test.for(WAYS)('reports the events by the %s and nothing else', async ([way, origin]) => {
    const thread = `th_clients_${way}`
    const before = await home.append(thread)
    const client = follow({
      url: `${origin()}/v1/sync/subscribe?thread=${thread}`,
      headers: { authorization: `Bearer ${home.bearer}` },
    })
    await until('it is ready', () => client.reported.some(({ event }) => event === 'ready'))
    const after = await home.append(thread)
    await until('the record has come', () =>
      client.reported.some(({ data }) => data.includes(after)),
    )
    expect(client.reported.map(({ event }) => event).slice(-3)).toEqual([
      'record',
      'ready',
      'record',
    ])
    expect(client.reported.filter(({ data }) => data.includes(before))).not.toEqual([])
    expect(client.reported.filter(({ data }) => data === '')).toEqual([])
    client.close()
  })

  test('comes back by itself when the daemon was started again, with no gap and no repeat', async () => {
    await using own = await aHomeOfItsOwn()
    const client = follow({
      url: `http://127.0.0.1:${own.port}/v1/sync/subscribe?thread=th_again`,
      headers: { authorization: `Bearer ${own.bearer}` },
    })
    const ids = [await own.append()]
    const seen = () =>
      client.reported
        .filter(({ event }) => event === 'record')
        .map(({ data }) => (JSON.parse(data) as { readonly id: string }).id)
    await until('the first has come', () => seen().length === 1)
    await own.restart()
    ids.push(await own.append())
    await until('the next has come', () => seen().length >= 2)
    expect([seen(), client.over()]).toEqual([ids, false])
    client.close()
  })

  test('reports nothing for a comment, and nothing for how long to wait', async () => {
    const event = 'id: 1\nevent: record\ndata: {"tea":1}\n\n'
    const text = [
      OPENING,
      HEARTBEAT_COMMENT,
      HEARTBEAT_COMMENT,
      event,
      HEARTBEAT_COMMENT,
      event,
      retryLine(5_000),
      HEARTBEAT_COMMENT,
      errorEvent('{"over":1}'),
      HEARTBEAT_COMMENT,
    ]
    const server = createServer((_, answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' })
      Readable.from(oneByOne(text)).pipe(answer)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const client = follow({ url: `http://127.0.0.1:${port}/`, headers: {} })
    const names = () => client.reported.map(({ event: name }) => name)
    await until('the last one has come', () => names().includes('error'))
    expect(names()).toEqual(['record', 'record', 'error'])
    client.close()
    server.closeAllConnections()
    server.close()
  })
})
