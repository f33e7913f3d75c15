import { refusalMessage, subscriberClose } from '../../protocol/events/subscriber-close.ts'
import { showsTicket } from '../../protocol/http/without-ticket.ts'

const SMALL_ANSWER = 4096

/**
 * Who has a browser's `WebSocket` sees nothing of a handshake that is refused, not even its status. So a page that may
 * read the refusal is let in, told in a message and by the close code, and sent away. Programs see the answer as it is,
 * and pages elsewhere theirs. Only for whoever has shown something that the owner signed: a stranger gets no WebSocket.
 * @param foreign it is a page's of another origin; whether that may call, the refusal tells
 */
export async function tellPage(
  request: Request,
  foreign: boolean,
  refusal: Response,
): Promise<Response> {
  const readable = foreign
    ? refusal.headers.get('access-control-allow-origin') !== null
    : request.headers.get('origin') !== null || showsTicket(request.url)
  if (refusal.status < 400 || !readable || !isHandshake(request)) return refusal
  const problem = await refusal.text()
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  if (isProblem(problem)) server.send(refusalMessage(problem))
  const { code, reason } = subscriberClose(problem)
  server.close(code, reason)
  const requestId = refusal.headers.get('x-request-id') ?? ''
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: { 'x-request-id': requestId },
  })
}

/** RFC 6455, section 4.2.1: another one is answered in HTTP. */
function isHandshake({ headers }: Request): boolean {
  return headers.get('sec-websocket-version') === '13' && headers.get('sec-websocket-key') !== null
}

function isProblem(text: string): boolean {
  return text.length <= SMALL_ANSWER && text.startsWith('{"object":"error"')
}
