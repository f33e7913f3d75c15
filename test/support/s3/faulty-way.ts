import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A request as it passes. */
export interface Passing {
  readonly method: string
  readonly path: string
  readonly body: Buffer
}

/**
 * What happens to a request: it passes, with this body if there is one; or is answered here; or only so many bytes of its answer pass, or
 * so many at a time.
 */
export type Fate =
  | { readonly kind: 'pass'; readonly body?: Buffer }
  | { readonly kind: 'answer'; readonly status: number; readonly text?: string }
  | { readonly kind: 'cut'; readonly after: number }
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  | { readonly kind: 'silent' }

export interface FaultyWay {
  readonly endpoint: string
  /** Everything that arrived, in order. */
  readonly seen: readonly Passing[]
  [Symbol.asyncDispose](): Promise<void>
}

/** A way to an S3 server that breaks as it is told. It passes Host as it is: the signature covers it. */
export async function aFaultyWay(
  target: string,
  fateOf: (passing: Passing, count: number) => Fate,
): Promise<FaultyWay> {
  const seen: Passing[] = []
  const server = createServer((incoming, answer) => {
    void take(incoming, answer)
  })

  async function take(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming
    const passing = { method, path: url, body: await buffer(incoming) }
    seen.push(passing)
    const fate = fateOf(passing, seen.length)
    if (fate.kind === 'silent') return
    if (fate.kind === 'answer') {
      answer.writeHead(fate.status, { 'content-type': 'application/xml' }).end(fate.text ?? '')
      return
    }
    const body = fate.kind === 'pass' ? (fate.body ?? passing.body) : passing.body
    const { hostname, port } = new URL(target)
    const head = { ...headers, 'content-length': String(body.length) }
    const on = request({ method, path: url, headers: head, hostname, port, agent: false })
    on.on('error', () => answer.destroy())
    on.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 0, response.headers)
      if (fate.kind === 'pass') response.pipe(answer)
      else if (fate.kind === 'drip') void dripped(response, answer, fate)
      else void passSome(response, answer, fate.after)
    })
    on.end(body)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function passSome(
  response: IncomingMessage,
  answer: ServerResponse,
  after: number,
): Promise<void> {
  let left = after
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const some = chunk.subarray(0, left)
    left -= some.length
    await new Promise((done) => answer.write(some, done))
    if (left === 0) break
  }
  // What is written leaves before the end of the connection does.
  answer.socket?.destroySoon()
}

async function dripped(
  response: IncomingMessage,
  answer: ServerResponse,
  { bytes, everyMs }: { readonly bytes: number; readonly everyMs: number },
): Promise<void> {
  const body = await buffer(response)
  for (let at = 0; at < body.length && !answer.destroyed; at += bytes) {
    answer.write(body.subarray(at, at + bytes))
    await new Promise((done) => setTimeout(done, everyMs))
  }
  answer.end()
}
