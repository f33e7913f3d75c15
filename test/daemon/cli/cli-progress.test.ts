import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { showProgress } from '../../../local-daemon/cli/output/progress.ts'
import { MAIN, runSpl } from '../../support/cli/run-spl.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

/** A terminal that remembers, and its clock. */
function aTerminal(columns = 40) {
  const written: string[] = []
  let now = 0
  return {
    written,
    /** What stands on the line now. */
    line: () => written.at(-1)?.replace('\r\u001B[2K', '') ?? '',
    pass(ms: number) {
      now += ms
      vi.advanceTimersByTime(ms)
    },
    options: {
      now: () => now,
      stream: { isTTY: true, columns, write: (part: string) => written.push(part) > 0 },
    },
  }
}

describe('progress', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubEnv('TERM', 'xterm')
    vi.stubEnv('LC_ALL', 'C')
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllEnvs()
  })

  test('is not shown for what is done at once', () => {
    const terminal = aTerminal()
    const progress = showProgress('reading', terminal.options)
    terminal.pass(400)
    progress[Symbol.dispose]()
    expect(terminal.written).toEqual([])
  })

  test('has a count and seconds, and takes its line back', () => {
    const terminal = aTerminal()
    const progress = showProgress('reading', terminal.options)
    progress.count(300, 1200)
    terminal.pass(600)
    expect(terminal.line()).toMatch(/^[|/\\-] reading 300 of 1200$/)
    terminal.pass(2500)
    progress.say('writing')
    progress.count(7)
    terminal.pass(100)
    expect(terminal.line()).toMatch(/^[|/\\-] writing 7, 3 s$/)
    progress[Symbol.dispose]()
    expect(terminal.written.at(-1)).toBe('\r\u001B[2K')
    const before = terminal.written.length
    terminal.pass(1000)
    expect(terminal.written).toHaveLength(before)
  })

  test('never wraps', () => {
    const terminal = aTerminal(10)
    using _progress = showProgress('reading very many things', terminal.options)
    terminal.pass(1000)
    expect(terminal.line()).toHaveLength(9)
  })

  test.each([
    ['--json', { json: true }, 'xterm'],
    [
      'a pipe',
      { stream: { isTTY: false, columns: 80, write: () => expect.fail('wrote') } },
      'xterm',
    ],
    ['a dumb terminal', {}, 'dumb'],
  ] as const)('is silent with %s', (_name, options, term) => {
    vi.stubEnv('TERM', term)
    const terminal = aTerminal()
    using progress = showProgress('reading', { ...terminal.options, ...options })
    progress.count(1, 2)
    vi.advanceTimersByTime(5000)
    expect(terminal.written).toEqual([])
  })
})

describe('a long list', () => {
  /** A daemon of three slow pages. */
  async function aSlowDaemon() {
    const server = createServer((request, response) => {
      const cursor = new URL(request.url ?? '', 'http://x').searchParams.get('cursor')
      setTimeout(() => response.end(pageAfter(Number(cursor ?? 0))), 500)
    }).listen(0, '127.0.0.1')
    const pageAfter = (page: number) => {
      const data = Array.from({ length: 1000 }, (_, at) => ({
        id: `th_${page}_${at}`,
        records: 1,
        updated_at: 0,
        goal: null,
      }))
      const more = page < 2
      const next_cursor = more ? String(page + 1) : null
      return JSON.stringify({ object: 'list', data, has_more: more, next_cursor })
    }
    await once(server, 'listening')
    const env = {
      SPL_SERVE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      SPL_TOKEN: 'spl_x',
    }
    return {
      env,
      [Symbol.dispose]: () => {
        server.closeAllConnections()
        server.close()
      },
    }
  }

  test('counts on a terminal, and leaves nothing of it', async () => {
    using daemon = await aSlowDaemon()
    using home = aHome()
    const command = `'${process.execPath}' '${MAIN}' thread list --limit 9999 >/dev/null`
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: {
        ...process.env,
        ...daemon.env,
        TERM: 'xterm',
        LC_ALL: 'C.UTF-8',
        SYNCROPEL_HOME: home.path,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [shown] = await Promise.all([text(child.stdout), once(child, 'close')])
    expect(shown).toMatch(/reading \d000/)
    expect(shown.endsWith('\r\u001B[2K')).toBe(true)
  })

  test('writes none of it into a pipe', async () => {
    using daemon = await aSlowDaemon()
    using home = aHome()
    const run = await runSpl(['thread', 'list', '--limit', '9999'], {
      home: home.path,
      env: daemon.env,
    })
    expect(run.stderr).toBe('')
    expect(run.stdout.split('\n')).toHaveLength(3002)
  })
})
