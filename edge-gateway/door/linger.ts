import { andThen, type MaybePromise } from '../../protocol/maybe-promise.ts'
import { detach } from '../../protocol/detach.ts'
import { LIMITS } from '../../protocol/limits.ts'

/** Whatever gives what a client still sends, piece by piece; undefined at its end. */
export interface Rest {
  next(): Promise<Uint8Array | undefined>
}

/**
 * Reads and drops what a client still sends after it was answered: most clients look for the answer only behind their
 * last byte, and lose it if the connection is closed before (RFC 9112, section 9.6). Bounded in bytes and time.
 */
export async function dropRest(rest: Rest): Promise<void> {
  const until = Date.now() + LIMITS.lingerMs
  let bytes = 0
  while (bytes < LIMITS.lingerBytes) {
    const left = until - Date.now()
    if (left <= 0) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.min(left, LIMITS.lingerStallMs))
    })
    const piece = await Promise.race([rest.next().catch(() => undefined), late])
    if (timer !== undefined) clearTimeout(timer)
    if (piece === undefined) return
    bytes += piece.length
  }
}

/**
 * The same answer, sent at once, which ends only when the rest of the request is dropped: until then the connection
 * stays open.
 * @param init what the answer was made with besides its status and headers
 */
export async function lingering(
  answer: Response,
  dropped: Promise<void>,
  init: ResponseInit = {},
): Promise<Response> {
  if (answer.body === null) return answer
  const body = new Uint8Array(await answer.arrayBuffer())
  const { readable, writable } = new FixedLengthStream(body.length)
  const writer = writable.getWriter()
  const send = async () => {
    await writer.write(body)
    await dropped
    await writer.close()
  }
  // Its client left meanwhile.
  detach(send(), () => {})
  return new Response(readable, { ...init, status: answer.status, headers: answer.headers })
}

/** An answer to a request that nobody has begun to read, or any other as it is. */
export function lingerUnread(
  answer: MaybePromise<Response>,
  request: Request,
): MaybePromise<Response> {
  return andThen(answer, keepUnread, request)
}

function keepUnread(answer: Response, request: Request): MaybePromise<Response> {
  const { body } = request
  if (body === null || body.locked || request.bodyUsed || answer.webSocket) return answer
  const reader = body.getReader()
  const next = () => reader.read().then(({ done, value }) => (done ? undefined : value))
  return lingering(answer, dropRest({ next }))
}
