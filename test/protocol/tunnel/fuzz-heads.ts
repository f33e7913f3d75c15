import { answerHeaders } from '../../../edge-gateway/tunnel/exchange/answer-headers.ts'
import { localRequest, tunnelFacts } from '../../../local-daemon/tunnel/exchange/local-request.ts'
import { problemAnswer } from '../../../local-daemon/tunnel/exchange/problem-answer.ts'
import { corsPolicy, decideCors } from '../../../protocol/http/cors.ts'
import type { EdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'
import { encodeFrame, FLAG, FRAME, type FrameType } from '../../../protocol/tunnel/frame.ts'
import { encodeHead, type RequestHead, type ResponseHead } from '../../../protocol/tunnel/heads.ts'
import { encodeHello, type Hello } from '../../../protocol/tunnel/hello.ts'
import { ConnectionError, Multiplexer } from '../../../protocol/multiplexer/multiplexer.ts'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'
import { seededRandom } from '../../support/random.ts'
import { hostileFields, hostileText, hostileValue, oneOf } from './hostile-values.ts'
import { requestHead } from '../../support/wire/mux-end.ts'

/** What became of the inputs. */
export interface FuzzReport {
  readonly inputs: number
  /** Read, and used for everything that a head is used for. */
  taken: number
  /** The stream was reset, the connection went on. */
  refused: number
  /** The connection was ended, as the protocol says of frames that belong to it. */
  ended: number
}

/** Something else happened: the number of the input makes it again. */
class FuzzFinding extends Error {
  override readonly name = 'FuzzFinding'
}

type Random = () => number

const HELLO: Hello = {
  version: PROTOCOL_VERSION,
  agent: 'fuzz/1',
  generation: 7,
  process: 'p-1',
  open: [1, 2],
}
const POLICY: EdgePolicy = {
  version: 1,
  time: 6,
  origins: ['https://app.example'],
  tokens: { ['0a'.repeat(32)]: { scopes: 1, expires: 2 } },
  limits: { token_per_second: 50, token_burst: 200, body_bytes: 2 ** 21 },
}
const REQUEST = { ...requestHead('/v1/records?a=b'), client: '192.0.2.7', join: true as const }
const UPGRADE = { ...requestHead('/ws'), upgrade: 'websocket' as const }
const ANSWER: ResponseHead = { status: 200, headers: [['content-type', 'text/plain']] }
/** Headers of an answer that the Worker makes; what is no status of a Response is made by hand there too. */
const STATUSES_OF_RESPONSES = { from: 200, to: 599 }

/**
 * Heads and payloads of all frames that hold text, with hostile fields, to both ends: each is read by the real machine,
 * and what it lets through is used as the daemon and the gateway use it.
 * @param first number of the first input: with the seed it makes an input again
 * @throws FuzzFinding
 */
export function fuzzHeads(seed: string, inputs: number, first = 0): FuzzReport {
  const report: FuzzReport = { inputs, taken: 0, refused: 0, ended: 0 }
  for (let number = first; number < first + inputs; number += 1) {
    const random = seededRandom(`${seed}.${number}`).next
    try {
      report[play(random)] += 1
    } catch (cause) {
      throw new FuzzFinding(`seed ${seed}, input ${number}: ${String(cause)}`, { cause })
    }
  }
  return report
}

function play(random: Random): 'taken' | 'refused' | 'ended' {
  const type = oneOf(random, [
    FRAME.OPEN,
    FRAME.OPEN,
    FRAME.HEAD,
    FRAME.HELLO,
    FRAME.POLICY,
    FRAME.GO_AWAY,
  ])
  // HELLO and GO_AWAY go both ways; the others to the end that they are for, and now and then to the wrong one.
  const opener =
    type === FRAME.HEAD || type === FRAME.POLICY
      ? random() < 0.97
      : random() < 0.5 && type !== FRAME.OPEN
  let used = 0
  let reset = 0
  const mux = new Multiplexer(
    opener ? 'opener' : 'acceptor',
    {
      hello: (hello) => (used += useHello(hello)),
      open: (_stream, head) => (used += useRequest(head)),
      head: (_stream, head) => (used += useAnswer(head)),
      policy: (policy) => (used += usePolicy(policy)),
      goAway: (_last, _code, reason) => (used += useReason(reason)),
      malformed: (_stream, error) => (reset += error.message.includes('\n') ? 0 : 1),
      data() {},
      end() {},
      reset: () => (reset += 1),
      stopSending() {},
      writable() {},
      output() {},
    },
    HELLO,
  )
  try {
    if (type !== FRAME.HELLO) mux.receive(frame(FRAME.HELLO, 0, 0, encodeHello(HELLO)), 0)
    used = 0
    const stream = type === FRAME.HEAD ? mux.open(encodeHead(requestHead('/')), true) : 1
    if (type === FRAME.HEAD) while (mux.next() !== undefined);
    mux.receive(frame(type, oneOf(random, [0, FLAG.END]), stream, payloadOf(random, type)), 1)
    // What it answers leaves too.
    while (mux.next() !== undefined);
  } catch (error) {
    if (error instanceof ConnectionError) return 'ended'
    throw error
  }
  return used > 0 ? 'taken' : 'refused'
}

function frame(type: FrameType, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const own =
    type === FRAME.OPEN || type === FRAME.HEAD ? { flags, stream } : { flags: 0, stream: 0 }
  return encodeFrame({ type, ...own, payload })
}

function payloadOf(random: Random, type: FrameType): Uint8Array {
  if (type === FRAME.GO_AWAY) {
    const text = Buffer.from(hostileText(random, 'a reason'))
    return Buffer.concat([bytesOf(random, 8), text, bytesOf(random, random() < 0.3 ? 2 : 0)])
  }
  const good =
    {
      [FRAME.OPEN]: random() < 0.8 ? REQUEST : UPGRADE,
      [FRAME.HEAD]: ANSWER,
      [FRAME.HELLO]: HELLO,
      [FRAME.POLICY]: POLICY,
    }[type as number] ?? {}
  const json = Buffer.from(broken(random, textOf(random, { ...good })))
  if (type === FRAME.OPEN)
    return Buffer.concat([uint32(random() < 0.95 ? 65_536 : random() * 2 ** 32), json])
  if (type !== FRAME.HEAD) return json
  const length = random() < 0.9 ? json.length : random() * 2 * json.length
  return Buffer.concat([uint32(length), json, bytesOf(random, random() * 8)])
}

/** The object as JSON text, with fields changed, taken out, added or there twice. */
function textOf(random: Random, object: Record<string, unknown>): string {
  const names = Object.keys(object)
  for (let changes = Math.floor(random() * 3); changes >= 0; changes -= 1) {
    const name = oneOf(random, names)
    const kind = random()
    if (kind < 0.1) delete object[name]
    else if (kind < 0.2)
      object[JSON.stringify(hostileValue(random)).slice(1, 40)] = hostileValue(random)
    else if (name === 'headers' && kind < 0.8) object[name] = hostileFields(random)
    else object[name] = hostileValue(random, object[name])
  }
  const text = JSON.stringify(object)
  if (random() < 0.9) return text
  return `{${JSON.stringify(oneOf(random, names))}:${JSON.stringify(hostileValue(random)) ?? 'null'},${text.slice(1)}`
}

/** Now and then a text that is no JSON, no UTF-8, or endlessly deep. */
function broken(random: Random, text: string): Uint8Array {
  const bytes = Buffer.from(text)
  const kind = random()
  if (kind > 0.06) return bytes
  if (kind < 0.02) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
  else if (kind < 0.04) return bytes.subarray(0, Math.floor(random() * bytes.length))
  else if (kind < 0.041) return Buffer.from('['.repeat(Math.floor(random() * 65_000)))
  return bytes
}

function useHello(hello: Hello): number {
  return JSON.stringify({ ...hello, agent: new Headers({ a: hello.agent }).get('a') }).length
}

/** As the daemon does: a request of the app, its facts, and an answer that repeats its id. */
function useRequest(head: RequestHead): number {
  const request = localRequest(head, null, NEVER)
  if (request === undefined)
    throw new Error(`a head that was read makes no request: ${JSON.stringify(head)}`)
  const [path] = head.target.split('?')
  if (new URL(request.url).pathname !== path) throw new Error(`another path: ${request.url}`)
  const facts = tunnelFacts(head)
  return problemAnswer('INTERNAL', facts.requestId ?? '').status
}

/** As the gateway does: the fields that cross to a client, and the two that are made into a WebSocket's answer. */
function useAnswer(head: ResponseHead): number {
  const headers = answerHeaders(head)
  const protocol = head.headers.find(([name]) => name === 'sec-websocket-protocol')?.[1]
  if (protocol !== undefined) fieldsOf({ 'sec-websocket-protocol': protocol })
  const { from, to } = STATUSES_OF_RESPONSES
  if (headers === undefined || head.status < from || head.status > to) return 1
  return new Response(null, { status: head.status, headers: headers.fields }).status
}

function usePolicy(policy: EdgePolicy): number {
  const cors = corsPolicy(policy.origins)
  for (const origin of policy.origins) {
    const headers = { get: (name: string) => (name === 'origin' ? origin : null) }
    fieldsOf(decideCors({ method: 'GET', headers }, cors).headers)
  }
  return JSON.stringify(policy).length
}

function useReason(reason: string): number {
  return JSON.stringify({ reason }).length
}

/** @throws TypeError for what is no header */
function fieldsOf(fields: Readonly<Record<string, string>>): Headers {
  return new Headers(fields)
}

const NEVER = new AbortController().signal

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(Math.floor(value) >>> 0)
  return bytes
}

function bytesOf(random: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: Math.floor(count) }, () => Math.floor(random() * 256))
}
