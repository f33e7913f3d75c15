import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { checkAnswer } from '../../openapi/check-answer.ts'
import type { SeenAnswer } from '../../openapi/answer-contract.ts'
import { type Daemon, type DaemonOptions, startDaemon } from '../../../local-daemon/daemon.ts'
import type { RecordDraft } from '../../../local-daemon/store/draft.ts'
import type { Scope } from '../../../protocol/identity/scopes.ts'

/** A directory of its own under the system's temporary one, removed by `Symbol.dispose`. */
export function aHome(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'spl-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** A real daemon on a free port, in a home of its own. */
export interface TestDaemon {
  readonly daemon: Daemon
  readonly bearer: string
  readonly base: string
  /** A request over TCP, with the admin's bearer unless the headers say otherwise. */
  get(path: string, headers?: Record<string, string>): Promise<Response>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** A further account's token; it may act as Ada, who writes the tests' records. */
  tokenWith(...scopes: Scope[]): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

export const ADA = 'did:sync:user:ada'

export async function aDaemon(options: Partial<DaemonOptions> = {}): Promise<TestDaemon> {
  const home = aHome()
  const logger = pino({ level: 'silent' })
  const daemon = await startDaemon({ home: home.path, port: 0, logger, ...options })
  const bearer = daemon.adminBearer ?? ''
  const base = `http://127.0.0.1:${daemon.addresses.tcp.port}`
  const authorization = `Bearer ${bearer}`
  return {
    daemon,
    bearer,
    base,
    get: (path, headers = {}) => fetch(base + path, { headers: { authorization, ...headers } }),
    post: (path, body, headers = {}) =>
      fetch(base + path, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async tokenWith(...scopes) {
      const request = { name: 'test', scopes, actors: [ADA] }
      return (await daemon.access.accounts.createWithToken(request, null)).token
    },
    async [Symbol.asyncDispose]() {
      await daemon.stop()
      home[Symbol.dispose]()
    },
  }
}

/** A record to append; fields that a test cares about are given. */
export function aDraft(given: Partial<RecordDraft> = {}): RecordDraft {
  return {
    parents: [],
    thread: 'th_test',
    actor: ADA,
    act: 'DO',
    body: { text: 'tea' },
    data_type: 'SCALAR',
    judged_by: null,
    ...given,
  }
}

/** What a program answers to bytes as they are, over TCP; ends when it closes or after `waitMs`. */
export function sendRaw(port: number, bytes: string, waitMs = 2_000): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    const timer = setTimeout(() => socket.destroy(), waitMs)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => (answer += text))
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answer)
    })
  })
}

/** A request over a Unix socket, without any bearer. */
export async function overSocket(
  socketPath: string,
  path: string,
  init: { readonly method?: string; readonly body?: string } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await askSocket(socketPath, path, init)
  await checkAnswer({ method: init.method ?? 'GET', target: path, ...answer })
  return answer
}

function askSocket(
  socketPath: string,
  path: string,
  init: { readonly method?: string; readonly body?: string },
): Promise<Omit<SeenAnswer, 'method' | 'target'>> {
  return new Promise((resolve, reject) => {
    const headers = init.body === undefined ? {} : { 'content-type': 'application/json' }
    const request = httpRequest(
      // A connection of its own: a daemon that was started again does not know the old one.
      { socketPath, path, method: init.method ?? 'GET', headers, agent: false },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => (text += chunk))
        answer.on('end', () => {
          const get = (name: string) => answer.headers[name.toLowerCase()]?.toString() ?? null
          resolve({ status: answer.statusCode ?? 0, text, headers: { get } })
        })
      },
    )
    request.on('error', reject)
    request.end(init.body)
  })
}
