import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { LIMITS } from '../../../protocol/limits.ts'
import type { OldHead } from './request-head.ts'
import type { WorkerdSocket } from './workerd-socket.ts'

/** Fields of one connection or of its framing: the client's connection has others. */
const OF_THE_CONNECTION = /^(?:connection|keep-alive|transfer-encoding|trailer|te)$/iu
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE'])

/**
 * One request of an HTTP/1.0 client, and its answer. For such a client the end of the connection is the end of the answer
 * (RFC 9112, section 6.3), and workerd ends a cut answer in the same way. So workerd gets the request in HTTP/1.1,
 * where a cut is visible, and the client gets the answer without chunks. Write the request's body to it; read the answer, head and
 * body, from it. It ends when the answer is complete, and fails when it is cut.
 */
export class OldExchange extends Duplex {
  readonly #workerd: WorkerdSocket
  readonly #request: ClientRequest
  #answer: IncomingMessage | undefined

  /** @param workerd a connection that has had no request yet, and has no other */
  constructor(workerd: WorkerdSocket, { method, target, fields }: OldHead) {
    super()
    this.#workerd = workerd
    const isBare = fields.every(
      (name, at) => at % 2 === 1 || name.toLowerCase() !== 'content-length',
    )
    // Node would send it in chunks otherwise.
    const length = isBare && !WITHOUT_BODY.has(method) ? ['Content-Length', '0'] : []
    this.#request = request({
      method,
      path: target,
      headers: [...fields, ...length],
      setHost: false,
      maxHeaderSize: 2 * LIMITS.headBytes,
      createConnection: () => workerd,
    })
    this.#request.maxHeadersCount = 0
    // Once there is an answer, it reports its own cut; an upload that nobody takes any more is no error.
    this.#request.on('error', (error) => {
      if (this.#answer === undefined) this.destroy(error)
    })
    this.#request.on('drain', () => this.emit('room'))
    this.#request.once('response', (answer) => this.#begin(answer))
    this.#request.flushHeaders()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#request.write(chunk)) return done()
    this.once('room', done)
  }

  override _read(): void {
    this.#answer?.resume()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#request.destroy()
    this.#workerd.destroy()
    done(error)
  }

  #begin(answer: IncomingMessage): void {
    this.#answer = answer
    answer.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) answer.pause()
    })
    answer.once('end', () => this.push(null))
    // A cut answer closes without `end`.
    answer.on('error', (error) => this.destroy(error))
    this.push(headText(answer))
  }
}

function headText({ statusCode = 502, statusMessage = '', rawHeaders }: IncomingMessage): Buffer {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (!OF_THE_CONNECTION.test(name)) lines.push(`${name}: ${rawHeaders[at + 1]}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`, 'latin1')
}
