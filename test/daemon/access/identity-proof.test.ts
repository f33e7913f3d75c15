import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runHere } from '../../support/cli/run-here.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import { send } from '../../support/clients/send.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

const CHALLENGE = 'q83vASNFZ4mrze8BI0VniQ'
const PATH = `/v1/identity/proof?challenge=${CHALLENGE}`

let home: RealHome
let did: string
let port: number
/** The host that the daemon has dialed: a link that leads to its gateway. */
let publicHost: string
beforeAll(async () => {
  home = await aRealHome()
  did = home.daemon().identity.did
  port = home.daemon().addresses.tcp.port
  publicHost = new URL(home.link.origin).host
})
afterAll(() => home[Symbol.asyncDispose]())

interface Seen {
  readonly path: string
  readonly authorization: string | undefined
}

/** A server that passes every question on to another one, and shows what it was told. */
async function aRelay(
  upstream: number,
  host: (mine: string) => string,
): Promise<AsyncDisposable & { readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((incoming, outgoing) => {
    const { url: path = '', headers } = incoming
    seen.push({ path, authorization: headers.authorization })
    const onward = request(
      { host: '127.0.0.1', port: upstream, method: incoming.method, path },
      (answer: IncomingMessage) => {
        outgoing.writeHead(answer.statusCode ?? 0, answer.headers)
        answer.pipe(outgoing)
      },
    )
    onward.setHeader('host', host(headers.host ?? ''))
    if (headers.authorization !== undefined)
      onward.setHeader('authorization', headers.authorization)
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function aCode(): Promise<string> {
  const answer = await home.ask('/v1/invites', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ device: 'laptop', scopes: ['records:read'] }),
  })
  return ((await answer.json()) as { code: string }).code
}

const proofAt = (at: number, host: string) => send(at, { path: PATH, headers: [['host', host]] })

describe('a daemon proves its key', () => {
  test.for(['on its own port', 'through its gateway'])(
    'to every caller that asks %s',
    async (way) => {
      const [at, host] =
        way === 'on its own port' ? [port, `127.0.0.1:${port}`] : [home.gateway.port, publicHost]
      const answer = await proofAt(at, host)
      expect([answer.status, answer.json()]).toMatchObject([
        200,
        { object: 'identity_proof', instance_did: did, authority: host },
      ])
    },
  )

  test.for(['evil.example', 'evil.example:443', 'localhost.evil.example'])(
    'for hosts of its own, and not for %s, whichever way it is asked',
    async (host) => {
      const direct = await proofAt(port, host)
      expect([direct.status, direct.json()['code']]).toEqual([421, 'HOST_NOT_ALLOWED'])
      const relayed = await proofAt(home.gateway.port, host)
      expect([relayed.status, relayed.json()['code']]).toEqual([421, 'HOST_NOT_ALLOWED'])
      expect(relayed.text).not.toContain('signature')
    },
  )

  test.for(['', 'short', 'a'.repeat(65), `${CHALLENGE}%0a`])(
    'over a challenge of the right form only: %j',
    async (challenge) => {
      const path = `/v1/identity/proof?challenge=${challenge}`
      const answer = await send(port, { path, headers: [['host', `127.0.0.1:${port}`]] })
      expect(answer.status).toBe(400)
    },
  )
})

describe('no secret is told', () => {
  test('to a server that repeats the name of the daemon', async () => {
    const seen: string[] = []
    const server = createServer((incoming, outgoing) => {
      seen.push(
        `${incoming.method} ${incoming.url?.split('?')[0]} ${incoming.headers.authorization ?? '-'}`,
      )
      outgoing.end(JSON.stringify({ status: 'ok', version: '0.1.0', instance_did: did }))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    using machine = aHome()
    const code = await aCode()
    const run = await runHere(['login', url, '--did', did, '--code', code], { home: machine.path })
    server.close()
    expect(run.stderr).toContain('[NOT_SPL]')
    expect(seen.filter((line) => !line.endsWith(' -'))).toEqual([])
  })

  test('to a server that passes the question on to the true daemon, under its own name or under another', async () => {
    for (const [way, upstream] of [
      [(mine: string) => mine, home.gateway.port],
      [(mine: string) => mine, port],
      [() => `127.0.0.1:${port}`, port],
      [() => publicHost, home.gateway.port],
    ] as const) {
      await using relay = await aRelay(upstream, way)
      using machine = aHome()
      const code = await aCode()
      const url = relay.url.replace('127.0.0.1', 'localhost')
      const run = await runHere(['login', url, '--did', did, '--code', code], {
        home: machine.path,
      })
      expect(run.stderr).toMatch(/\[(IDENTITY_UNPROVEN|HOST_NOT_ALLOWED)\]/)
      expect(run.stderr).toMatch(/^try: \S/m)
      expect(relay.seen.map(({ authorization }) => authorization)).toEqual([undefined])
    }
  })

  test('by a saved login whose daemon does not prove itself there any more', async () => {
    using machine = aHome()
    const own = `http://127.0.0.1:${port}`
    const code = await aCode()
    const paired = await runHere(['login', own, '--code', code], { home: machine.path })
    expect(paired.code).toBe(0)
    await using relay = await aRelay(home.gateway.port, () => publicHost)
    const file = join(machine.path, 'remote.json')
    const login = readFileSync(file, 'utf8').replace(own, relay.url)
    writeFileSync(file, login, { mode: 0o600 })
    const run = await runHere(['thread', 'list'], { home: machine.path })
    expect(run.stderr).toContain('[IDENTITY_UNPROVEN]')
    expect(relay.seen.map(({ authorization }) => authorization)).toEqual([undefined])
  })

  test('to a daemon that has not made the invite, whatever identity it proves', async () => {
    await using other = await aRealHome()
    const url = `http://127.0.0.1:${other.daemon().addresses.tcp.port}`
    using machine = aHome()
    for (const command of [
      ['login', url, '--code', await aCode()],
      ['pair', 'redeem', await aCode(), '--url', url],
    ]) {
      const run = await runHere(command, { home: machine.path })
      expect(run.stderr).toContain('[INVITE_ELSEWHERE]')
    }
  })
})

test('a proof comes with a name that only this start of the daemon has', async () => {
  const answers = await Promise.all(
    [1, 2].map(() => proofAt(port, `127.0.0.1:${port}`).then((answer) => answer.json()['process'])),
  )
  expect(new Set(answers).size).toBe(1)
  expect(answers[0]).toMatch(/^[0-9a-f-]{36}$/)
})
