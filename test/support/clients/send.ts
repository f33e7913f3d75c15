import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { checkAnswer } from '../../openapi/check-answer.ts'
import { Readable } from 'node:stream'

export type Fields = readonly (readonly [string, string])[]

export interface Sending {
  readonly method?: string
  /** Path and query as on the request line. */
  readonly path?: string
  readonly headers?: Fields
  readonly body?: Uint8Array | string | Readable
}

export interface Answer {
  readonly status: number
  /** In the order and spelling of the wire. */
  readonly fields: Fields
  /** All values of a field, in order. */
  all(name: string): string[]
  header(name: string): string | undefined
  readonly body: Buffer
  readonly text: string
  json(): Record<string, unknown>
}

/** A public request on a connection of its own; resolves with the head. */
export function open(
  port: number,
  { method, path, headers, body }: Sending,
): { readonly request: ClientRequest; readonly answer: Promise<IncomingMessage> } {
  const fields = headers ?? []
  const hasHost = fields.some(([name]) => name.toLowerCase() === 'host')
  const list = hasHost ? fields : [['host', `localhost:${port}`] as const, ...fields]
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method: method ?? 'GET',
    path: path ?? '/',
    headers: list.flat(),
    agent: false,
    setDefaultHeaders: false,
  })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.on('error', reject)
  })
  // Whoever cancels a request is not interested in its failure.
  answer.catch(() => {})
  if (body instanceof Readable) body.pipe(outgoing)
  else outgoing.end(body)
  return { request: outgoing, answer }
}

/** The same, resolving with the whole answer; rejects when the body is cut short. */
export async function send(port: number, sending: Sending): Promise<Answer> {
  const incoming = await open(port, sending).answer
  const body = await buffer(incoming)
  const text = body.toString()
  const { status, header, ...rest } = head(incoming)
  await checkAnswer({
    method: sending.method ?? 'GET',
    target: sending.path ?? '/',
    status,
    headers: { get: (name) => header(name.toLowerCase()) ?? null },
    text,
  })
  return { ...rest, status, header, body, text, json: () => JSON.parse(text) }
}

export function head(
  incoming: IncomingMessage,
): Pick<Answer, 'status' | 'fields' | 'all' | 'header'> {
  const raw = incoming.rawHeaders
  const fields: [string, string][] = []
  for (let at = 0; at < raw.length; at += 2) fields.push([raw[at] ?? '', raw[at + 1] ?? ''])
  const all = (name: string) =>
    fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value)
  return { status: incoming.statusCode ?? 0, fields, all, header: (name) => all(name)[0] }
}
