import { andThen } from '../../../protocol/maybe-promise.ts'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Logger } from 'pino'
import { isPreflight } from '../../../protocol/http/cors.ts'
import { detach } from '../../../protocol/detach.ts'
import type { ProblemCode } from '../../../protocol/http/problem.ts'
import { checkTarget } from '../../../protocol/http/request-target.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { openFilesLimit } from '../../process/open-files.ts'
import { connectionsFor } from './connections-for.ts'
import { linger } from '../../network/linger.ts'
import { problemAnswer, problemOf } from '../answers/answer.ts'
import type { DaemonApp } from '../app.ts'
import { noteConnections } from './drain.ts'
import { FixedAnswer } from '../../requests/fixed-answer.ts'
import type { RequestFacts } from '../../access/request-facts.ts'
import { makeRoom } from './make-room.ts'
import { faultOf, normaliseHead } from './normalise-head.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { resetWhenCut } from '../answers/reset-when-cut.ts'
import { createUpgrade } from './upgrade.ts'
import { isStreaming, watchHalfClosed, watchUpload } from './watch-connection.ts'
import { asksForWebSocket, serveWithoutUpgrade } from './web-socket-handshake.ts'

/**
 * An HTTP server of the app, not yet listening.
 * @param factsOf the facts of a request's connection
 * @param unread the facts of one whose request cannot be parsed
 */
export function createHttpServer(
  app: DaemonApp,
  factsOf: (incoming: IncomingMessage) => RequestFacts,
  logger: Logger,
  unread: RequestFacts = NOTHING_KNOWN,
): Server {
  const listener = getRequestListener(
    (request, env) => {
      const { incoming, outgoing } = env as HttpBindings
      const facts = factsOf(incoming)
      // A page can read what is wrong with its request only if its origin is allowed.
      const refuse = isPreflight(request) ? undefined : checkRequest(incoming)
      const answer =
        refuse === undefined
          ? app.fetch(request, facts, () => outgoing.destroyed)
          : refused(refuse(app.withCors(request, facts)), facts, incoming)
      const rest = andThen(answer, sendWhole, incoming, outgoing)
      if (incoming.httpVersionMinor > 0) return rest
      return andThen(rest, resetWhenCut, incoming.socket)
    },
    {
      // The process's own Request and Response stay as they are: the tunnel uses them too.
      overrideGlobalObjects: false,
      // It cuts an upload half a second after its answer.
      autoCleanupIncoming: false,
      // Stands in for a missing Host, so that the refusal below is ours.
      hostname: 'localhost',
      errorHandler: (error) => {
        logger.debug({ err: error }, 'read request')
        return refused(invalidTarget(unread, MALFORMED_URL), unread)
      },
    },
  )
  const server = createServer(
    {
      // A head beyond the limit is still read, up to here: otherwise its refusal would have no CORS headers.
      maxHeaderSize: HTTP_LIMITS.readHeadBytes,
      headersTimeout: HTTP_LIMITS.headersMs,
      // `watchUpload` limits the time of a body: a bulk append has none.
      requestTimeout: 0,
      keepAliveTimeout: HTTP_LIMITS.keepAliveMs,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false,
      keepAlive: true,
      keepAliveInitialDelay: HTTP_LIMITS.probeIdleMs,
    },
    oneAtATime((incoming, outgoing) => {
      normaliseHead(incoming)
      const { socket } = incoming
      if (hasBody(incoming)) watchUpload(incoming, outgoing, () => refuseConnection(LATE, socket))
      detach(listener(incoming, outgoing), (error) => {
        logger.error({ err: error }, 'answer request')
        socket.destroy()
      })
    }),
  )
  // Node's own switch for what RFC 9112, section 9.6, lets a client do; `watchHalfClosed` bounds it.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.on('connection', watchHalfClosed)
  const upgrade = createUpgrade(app, (incoming, facts) => {
    const unfit = checkRequest(incoming)?.(facts)
    const refusal = unfit ?? (isUrl(incoming) ? undefined : invalidTarget(facts, MALFORMED_URL))
    return refusal && refused(refusal, facts, incoming)
  })
  server.on('upgrade', (incoming, socket, head) => {
    if (!asksForWebSocket(incoming)) return serveWithoutUpgrade(server, incoming, socket, head)
    normaliseHead(incoming)
    upgrade(incoming, factsOf(incoming), socket, head)
  })
  // An unknown expectation may be ignored (RFC 9110, section 10.1.1).
  server.on('checkExpectation', (incoming, outgoing) => server.emit('request', incoming, outgoing))
  server.on('connect', (_incoming, socket) => refuse(socket as Socket, NO_PROXY))

  function refused(answer: Response, facts: RequestFacts, incoming?: IncomingMessage): Response {
    const { method = UNREAD, url = UNREAD } = incoming ?? {}
    app.refused({ method, target: url }, facts, answer)
    return answer
  }
  makeRoom(server, connectionsFor(openFilesLimit()))
  server.on('clientError', refuseConnection)
  noteConnections(server)
  return server
}

/** Colon, blank and line end, on name and value. */
const FIELD_OVERHEAD = 2
const HEAD_TOO_LARGE = `The request's head is larger than ${HTTP_LIMITS.headBytes} bytes`
const MALFORMED_URL = 'The request line or the Host header is malformed'
const NOTHING_KNOWN: RequestFacts = { via: 'loopback' }
/** Method and target of a request that could not be parsed. */
const UNREAD = '-'

/** The refusal of a request that must not reach the app, or undefined. */
function checkRequest(incoming: IncomingMessage): ((facts: RequestFacts) => Response) | undefined {
  if (headBytes(incoming) > HTTP_LIMITS.headBytes) {
    return (facts) =>
      problemAnswer(facts, 'HEADERS_TOO_LARGE', HEAD_TOO_LARGE, { try: 'Send fewer headers.' })
  }
  const fault = checkTarget(incoming.url ?? '')
  if (fault !== undefined) return (facts) => invalidTarget(facts, fault.message)
  const badName = incoming.rawHeaders.find((name, at) => at % 2 === 0 && name.includes('_'))
  if (badName !== undefined) {
    return (facts) =>
      problemAnswer(facts, 'INVALID_HEADERS', 'A header has an underscore in its name', {
        try: 'Send names with hyphens: servers read X_A and X-A as one, and checks might not.',
      })
  }
  const { code, message, headers } = faultOf(incoming) ?? {}
  if (code === undefined || message === undefined) return undefined
  return (facts) => problemAnswer(facts, code, message, { headers })
}

/** The request line and the fields, as they came. */
function headBytes({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  let bytes = method.length + url.length
  for (const text of rawHeaders) bytes += text.length + FIELD_OVERHEAD
  return bytes
}

function isUrl({ headers, url }: IncomingMessage): boolean {
  return URL.canParse(`http://${headers.host}${url}`)
}

function invalidTarget(facts: RequestFacts, message: string): Response {
  return problemAnswer(facts, 'INVALID_TARGET', message, {
    try: 'Send an absolute path that begins with one / and is percent-encoded.',
  })
}

/** Writes an answer whose text is available, without a detour through streams. Returns what is left to write. */
function sendWhole(
  answer: Response,
  { method }: IncomingMessage,
  outgoing: ServerResponse,
): Response {
  if (!(answer instanceof FixedAnswer) || method === 'HEAD') return answer
  outgoing.writeHead(answer.status, answer.fields)
  outgoing.end(answer.content)
  return RESPONSE_ALREADY_SENT
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

/** The refusal, in the error envelope, of what Node's parser rejects; the connection cannot be used further. */
function refuseConnection(error: ParseError, socket: Socket): void {
  // More bytes would become part of an answer that is on its way.
  if (error.code === 'ECONNRESET' || !socket.writable || isStreaming(socket)) {
    socket.destroy()
    return
  }
  const isRequest = REQUEST_LINE.test(error.rawPacket?.toString('latin1', 0, 1024) ?? '')
  const isMethod = error.code === 'HPE_INVALID_METHOD' && isRequest
  refuse(socket, isMethod ? NO_METHOD : (REFUSALS[error.code ?? ''] ?? MALFORMED))
}

type ParseError = Error & { readonly code?: string; readonly rawPacket?: Buffer }
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP\/1\.[01]\r\n/

/** Sends the answer, and reads the connection only as far as the client needs to see it. */
function refuse(socket: Socket, [status, code, message, more = '']: Refusal): void {
  // Node would read on, and find the same fault in whatever comes.
  for (const event of ['data', 'end', 'error', 'timeout']) socket.removeAllListeners(event)
  const body = JSON.stringify(problemOf(code, message))
  socket.write(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncache-control: private, no-store\r\n` +
      `x-content-type-options: nosniff\r\n${more}connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  linger(socket, HTTP_LIMITS)
}

/** `more`: header lines, each with its end. */
type Refusal = readonly [status: string, code: ProblemCode, message: string, more?: string]
const LATE = Object.assign(new Error('silent upload'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
const NO_PROXY: Refusal = [
  '405 Method Not Allowed',
  'METHOD_NOT_ALLOWED',
  'This is no proxy',
  'allow: GET, HEAD, POST, PATCH, DELETE, OPTIONS\r\n',
]
const METHODS_LINE = 'allow: GET, HEAD, POST, PATCH, DELETE, OPTIONS\r\n'
const NO_METHOD: Refusal = [
  '405 Method Not Allowed',
  'METHOD_NOT_ALLOWED',
  'There is no such method',
  METHODS_LINE,
]
const MALFORMED: Refusal = ['400 Bad Request', 'INVALID_REQUEST', 'The request is not valid HTTP']
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'HEADERS_TOO_LARGE', HEAD_TOO_LARGE],
  ERR_HTTP_REQUEST_TIMEOUT: [
    '408 Request Timeout',
    'REQUEST_TIMEOUT',
    'The request did not arrive in time',
  ],
}
