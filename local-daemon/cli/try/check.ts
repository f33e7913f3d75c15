import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Problem } from '../../../protocol/http/problem.ts'
import { mintTokenPayload, parseToken } from '../../../protocol/identity/token.ts'
import { sendRequest } from '../client/send-request.ts'
import { openFeed } from './feed.ts'
import type { Demo } from './start-demo.ts'

/** Milliseconds that one step may take. */
const STEP_TIMEOUT_MS = 15_000
const FOREIGN_ORIGIN = 'https://evil.example'

export interface Step {
  readonly name: string
  readonly ok: boolean
  /** What was seen, or why it failed. */
  readonly detail: string
}

interface AppendedRecord {
  readonly id: string
  readonly sig: string
}

/**
 * Does the main job once through the public hostname and reports each step as it ends: follow, append,
 * read back, receive the event; then what must be refused. A failed step does not hide the ones after it,
 * unless they need its result.
 */
export async function checkDemo(demo: Demo, report: (step: Step) => void): Promise<boolean> {
  let ok = true
  async function step<Result>(name: string, run: () => Promise<[Result, string]>): Promise<Result> {
    try {
      const [result, detail] = await run()
      report({ name, ok: true, detail })
      return result
    } catch (error) {
      ok = false
      report({ name, ok: false, detail: (error as Error).message })
      throw error
    }
  }

  const thread = `th_${randomBytes(32).toString('hex')}`
  try {
    const feed = await step('open an event stream through the gateway', async () => {
      const opened = await openFeed(demo, thread, STEP_TIMEOUT_MS)
      await opened.next('ready')
      return [opened, 'event: ready']
    })
    try {
      const record = await step('append through the public hostname', () => append(demo, thread))
      await step('read it back', () => readBack(demo, record))
      await step('receive it as an event', async () => {
        const event = JSON.parse(await feed.next('record')) as AppendedRecord
        if (event.id !== record.id) throw new Error(`another record arrived: ${event.id}`)
        return [undefined, `event: record ${record.id.slice(0, 12)}`]
      })
    } finally {
      feed.close()
    }
  } catch {
    // Reported by its step.
  }
  await step('a forged bearer token is refused by the gateway', () => forgedBearer(demo)).catch(
    () => {},
  )
  await step('a foreign origin cannot read', () => foreignRequest(demo)).catch(() => {})
  await step('a foreign preflight is not allowed', () => foreignPreflight(demo)).catch(() => {})
  return ok
}

async function append(demo: Demo, thread: string): Promise<[AppendedRecord, string]> {
  const record = { thread, actor: 'did:sync:user:check', act: 'INTEND', body: { goal: 'check' } }
  const response = await ask(demo, {
    method: 'POST',
    path: '/v1/records',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...record, data_type: 'SCALAR' }),
  })
  const appended = (await json(response)) as AppendedRecord
  expectStatus(response, 201)
  return [appended, `201 ${appended.id.slice(0, 12)}`]
}

async function readBack(demo: Demo, record: AppendedRecord): Promise<[void, string]> {
  const response = await ask(demo, { method: 'GET', path: `/v1/records/${record.id}` })
  const read = (await json(response)) as AppendedRecord
  expectStatus(response, 200)
  if (read.id !== record.id || read.sig !== record.sig) throw new Error('another record came back')
  return [undefined, '200, the same id and signature']
}

/** Well formed in every part, but signed with a key that is not the instance's. */
async function forgedBearer(demo: Demo): Promise<[void, string]> {
  const { env, saId } = parseToken(demo.bearer)
  const { privateKey } = generateKeyPairSync('ed25519')
  const { token } = mintTokenPayload({
    env,
    saId,
    random: randomBytes(16),
    sign: (bytes) => sign(null, bytes, privateKey),
  })
  const headers = { authorization: `Bearer ${token}` }
  const response = await ask(demo, { method: 'GET', path: '/v1/threads', headers })
  const problem = (await json(response)) as Problem
  expectStatus(response, 401)
  if (problem.hop !== 'gateway' || problem.code !== 'AUTH_INVALID') {
    throw new Error(`refused by the ${problem.hop} with ${problem.code}`)
  }
  return [undefined, '401 AUTH_INVALID']
}

async function foreignRequest(demo: Demo): Promise<[void, string]> {
  const headers = { origin: FOREIGN_ORIGIN }
  const response = await ask(demo, { method: 'GET', path: '/v1/threads', headers })
  response.resume()
  expectNotAllowed(response)
  return [undefined, `${response.statusCode} without access-control-allow-origin`]
}

async function foreignPreflight(demo: Demo): Promise<[void, string]> {
  const response = await sendRequest(target(demo), {
    method: 'OPTIONS',
    path: '/v1/records',
    headers: {
      origin: FOREIGN_ORIGIN,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
    silenceMs: STEP_TIMEOUT_MS,
  })
  response.resume()
  expectNotAllowed(response)
  return [undefined, `${response.statusCode} without access-control-allow-origin`]
}

interface Question {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

function ask(demo: Demo, question: Question): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${demo.bearer}`, ...question.headers }
  return sendRequest(target(demo), { ...question, headers, silenceMs: STEP_TIMEOUT_MS })
}

function target(demo: Demo): { origin: URL; ca: string } {
  return { origin: new URL(demo.publicUrl), ca: demo.ca }
}

function expectStatus(response: IncomingMessage, expected: number): void {
  if (response.statusCode === expected) return
  throw new Error(`status ${response.statusCode} instead of ${expected}`)
}

function expectNotAllowed(response: IncomingMessage): void {
  const allowed = response.headers['access-control-allow-origin']
  if (allowed !== undefined) throw new Error(`access-control-allow-origin: ${allowed}`)
}
