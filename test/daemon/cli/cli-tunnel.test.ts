import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pino } from 'pino'
import { startDaemon, type Daemon } from '../../../local-daemon/daemon.ts'
import { linkRows } from '../../../local-daemon/cli/tunnel/link-rows.ts'
import { textWidth } from '../../../local-daemon/cli/output/text-width.ts'
import { plain } from '../../support/cli/plain.ts'
import { logHeader, logRow } from '../../../local-daemon/cli/tunnel/log-row.ts'
import { runFitting } from '../../support/cli/run-here.ts'
import { startSpl, type SplRun } from '../../support/cli/run-spl.ts'
import { aHome, overSocket } from '../../support/daemon/a-daemon.ts'
import { localTime } from '../../../local-daemon/cli/output/local-time.ts'

let home: ReturnType<typeof aHome>
let daemon: Daemon

const start = () => startDaemon({ home: home.path, port: 0, logger: pino({ level: 'silent' }) })

beforeEach(async () => {
  home = aHome()
  daemon = await start()
})
afterEach(async () => {
  await daemon.stop()
  home[Symbol.dispose]()
})

function spl(args: readonly string[], env: Record<string, string> = {}): Promise<SplRun> {
  return runFitting(args, { home: home.path, env: { NO_COLOR: '1', ...env } })
}

const remote = (bearer: string) => ({
  SPL_SERVE_URL: `http://127.0.0.1:${daemon.addresses.tcp.port}`,
  SPL_TOKEN: bearer,
})

describe('spl tunnel status', () => {
  test('says that there is no gateway, and how to have one', async () => {
    const run = await spl(['tunnel', 'status'])
    expect(run).toEqual({
      code: 0,
      stdout: 'Link  not configured\n',
      stderr: 'try: spl serve --gateway https://spl.example.com\n',
    })
    const json = await spl(['tunnel', 'status', '--json'])
    expect(json).toEqual({
      code: 0,
      stdout: '{"object":"tunnel","configured":false}\n',
      stderr: '',
    })
  })

  test('shows the link, and spl status does too', async () => {
    await daemon.stop()
    daemon = await startDaemon({
      home: home.path,
      port: 0,
      logger: pino({ level: 'silent' }),
      tunnel: { gatewayUrl: 'http://127.0.0.1:9' },
    })
    const { stdout } = await spl(['tunnel', 'status'])
    expect(stdout).toMatch(
      /^Link {8}(?:connecting|waiting) since \d{4}-\d\d-\d\d \S+ [+-]\d\d:\d\d$/m,
    )
    expect(stdout).toMatch(/^Link to {5}http:\/\/127\.0\.0\.1:9$/m)
    expect(stdout).toMatch(/^Reconnects {2}0$/m)
    const json = JSON.parse((await spl(['status', '--json'])).stdout) as { link: unknown }
    expect(json.link).toMatchObject({ object: 'tunnel', configured: true, reconnects: 0 })
    expect((await spl(['status'])).stdout).toMatch(/^Reconnects {2}0$/m)
  })

  test('needs a bearer that may ask; spl status is content without', async () => {
    const request = { name: 'reader', scopes: ['records:read'] } as const
    const { token } = await daemon.access.accounts.createWithToken(request, null)
    expect(await spl(['tunnel', 'status'], remote(token))).toMatchObject({ code: 4, stdout: '' })
    const { code, stdout } = await spl(['status', '--json'], remote(token))
    expect([code, (JSON.parse(stdout) as { link: unknown }).link]).toEqual([0, null])
  })

  test('fails with the next step where no daemon runs', async () => {
    await daemon.stop()
    const run = await spl(['tunnel', 'status'])
    expect(run).toMatchObject({ code: 3, stdout: '' })
    expect(run.stderr).toContain(
      '[DAEMON_NOT_RUNNING]\ntry: spl serve --daemon; spl doctor shows what else is wrong\n',
    )
    const { code, stdout } = await spl(['status', '--json'])
    expect([code, (JSON.parse(stdout) as { link: unknown }).link]).toEqual([3, null])
  })

  test('tells all there is of a link that is up', () => {
    const link = {
      object: 'tunnel',
      configured: true,
      state: 'connected',
      gateway_url: 'https://spl.example.com',
      generation: 3,
      since: 1795531721512,
      last_connected_at: 1795531721512,
      rival_at: 1795531722000,
      last_error: null,
      round_trip_ms: 21.4,
      clock_offset_ms: 0,
      reconnects: 1,
      open_streams: 2,
      subscribers: 0,
      groups: 0,
      requests: 812,
      bytes_in: 190_233,
      bytes_out: 2_310_554,
      messages_out: 1_630,
      policy: { sent: 31, acknowledged: 30 },
    } as const
    expect(Object.fromEntries(linkRows(link))).toEqual({
      Link: `connected (generation 3) since ${localTime(1795531721)}`,
      'Link to': 'https://spl.example.com',
      Connected: undefined,
      'Round trip': '21.4 ms',
      Reconnects: '1',
      Streams: '2 open, 812 requests so far',
      Traffic: '185.8 KiB in, 2.2 MiB out',
      Policy: 'version 31 sent, 30 acknowledged',
      'Two daemons': `another daemon with this identity tried to connect at ${localTime(1795531722)}: a copy of this home runs on another machine; stop one of the two`,
      'Last error': undefined,
    })
  })
})

describe('spl tunnel log', () => {
  test('prints what was answered, as a table or as JSON lines', async () => {
    await overSocket(daemon.addresses.socket, '/v1/threads?limit=777')
    const { code, stdout, stderr } = await spl(['tunnel', 'log', '--via', 'all'])
    expect([code, stderr]).toEqual([0, ''])
    const [header, line] = stdout.split('\n')
    expect(header).toMatch(/^TIME +VIA +METHOD +STATUS +MS +IN +OUT +ACCOUNT +PATH$/)
    expect(line).toMatch(/^\S+ \S+ +socket +GET +200 +\d+\.\d +0 +\d+ +owner +\/v1\/threads$/)
    const json = await spl(['tunnel', 'log', '--via', 'socket', '--json'])
    const objects = json.stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as object)
    expect(objects[0]).toMatchObject({ via: 'socket', path: '/v1/threads', account: 'owner' })
    expect(json.stdout).not.toContain('777')
  })

  test('is of the tunnel unless told otherwise', async () => {
    await overSocket(daemon.addresses.socket, '/v1/threads')
    expect(await spl(['tunnel', 'log', '--json'])).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('goes on with --follow over a restart of the daemon, until Ctrl-C', async () => {
    const child = startSpl(['tunnel', 'log', '-f', '--via', 'socket', '--json'], {
      home: home.path,
    })
    const closed = once(child, 'close') as Promise<[number | null]>
    const seen: string[] = []
    const remarks: string[] = []
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      seen.push((JSON.parse(line) as { path: string }).path)
    })
    createInterface({ input: child.stderr as Readable }).on('line', (line) => remarks.push(line))
    const untilSeen = async (path: string) => {
      for (let tries = 0; !seen.includes(path); tries += 1) {
        if (tries > 100) throw new Error(`${path} was not shown, but ${seen.join(' ')}`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    await overSocket(daemon.addresses.socket, '/one')
    await untilSeen('/one')
    await daemon.stop()
    daemon = await start()
    await overSocket(daemon.addresses.socket, '/two')
    await untilSeen('/two')
    expect(seen.filter((path) => path.length < 5)).toEqual(['/one', '/two'])
    child.kill('SIGINT')
    expect((await closed)[0]).toBe(0)
    expect(remarks).toEqual(['the daemon ended the stream; waiting for it', 'the daemon is back'])
  })

  test('ends when its bearer is revoked, with the code', async () => {
    const request = { name: 'watcher', scopes: ['admin'] } as const
    const made = await daemon.access.accounts.createWithToken(request, null)
    const env = remote(made.token)
    const child = startSpl(['tunnel', 'log', '-f', '--via', 'all'], { home: home.path, env })
    const closed = once(child, 'close') as Promise<[number | null]>
    await once(child.stdout as Readable, 'data')
    let stderr = ''
    ;(child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => (stderr += text))
    await daemon.access.accounts.revokeToken(made.tokenId)
    expect((await closed)[0]).toBe(4)
    expect(stderr).toContain('[AUTH_')
  })

  test('shows nothing that a terminal would obey', async () => {
    const evil = '\u001B[2J\u001B]0;owned\u0007\u009B1m\r\u202E\n'
    const line = {
      time: 1795531721123,
      request_id: evil,
      via: evil,
      method: evil,
      path: `/x${evil}`,
      route: 'unmatched',
      status: 200,
      outcome: evil,
      duration_ms: 1,
      bytes_in: 0,
      bytes_out: 0,
      account: evil,
      actor: evil,
    }
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    const OBEYED = /[\u0000-\u001F\u007F-\u009F\u202A-\u202E]/
    expect(logRow(line)).not.toMatch(OBEYED)
    for (const columns of [60, 80, 100, 140])
      expect(textWidth(plain(logRow(line, columns)))).toBeLessThanOrEqual(columns)
    expect(plain(logHeader(80)).trimEnd()).toBe(
      'TIME          VIA       METHOD   STATUS  MS        PATH',
    )
    // A daemon elsewhere may be anybody's.
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(
        `event: request\ndata: ${JSON.stringify(line)}\n\nevent: gap\ndata: {"missed":"\\u001b[2J"}\n\nevent: ready\ndata: {}\n\n`,
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const env = {
      SPL_SERVE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      SPL_TOKEN: 'spl_prod_sa_x_y',
    }
    const { code, stdout, stderr } = await spl(['tunnel', 'log'], env)
    const json = await spl(['tunnel', 'log', '--json'], env)
    server.close()
    expect([code, json.code]).toEqual([0, 0])
    for (const text of [stdout, stderr, json.stdout]) {
      expect(text.replaceAll('\n', '')).not.toMatch(OBEYED)
    }
    expect(stdout.trim().split('\n')).toHaveLength(2)
  })

  test('of something that is no daemon is an error with a next step', async () => {
    const server = createServer((_request, response) => {
      response.end('event: request\ndata: not json\n\n')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const env = { SPL_SERVE_URL: `http://127.0.0.1:${port}`, SPL_TOKEN: 'x' }
    const run = await spl(['tunnel', 'log', '--json'], env)
    server.close()
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toContain('[ANSWER_INVALID]')
  })
})

describe('a mistake', () => {
  test.each([
    [['tunnel', 'stats'], 'did you mean status?'],
    [['tunel'], 'did you mean tunnel?'],
    [['tunnel', 'log', '--folow'], 'did you mean --follow?'],
    [['tunnel', 'log', '--via', 'moon'], 'spl tunnel log --help'],
    [['tunnel', 'status', 'extra'], 'spl tunnel status --help'],
  ])('%j is told with a next step', async (args, next) => {
    const run = await spl(args)
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain(`try: ${next}`)
  })
})
