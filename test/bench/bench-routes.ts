const CHUNK_BYTES = 64 * 1024
const chunk = new Uint8Array(CHUNK_BYTES)
const small = new Uint8Array(1024)

/** Bodies that no daemon route has: bulk both ways, and a reply of exactly 1 KiB. */
export function benchAnswer(request: Request): Response | Promise<Response> | undefined {
  const at = request.url.indexOf('/bench/')
  if (at === -1) return undefined
  const url = new URL(request.url)
  switch (url.pathname) {
    case '/bench/down':
      return down(Number(url.searchParams.get('bytes')))
    case '/bench/up':
      return up(request)
    case '/bench/small':
      return new Response(small, { headers: { 'content-length': String(small.length) } })
    default:
      return undefined
  }
}

function down(bytes: number): Response {
  let left = bytes
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(chunk)
        left -= CHUNK_BYTES
        if (left <= 0) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-length': String(bytes) } })
}

async function up(request: Request): Promise<Response> {
  let bytes = 0
  for await (const part of request.body ?? []) bytes += part.length
  return new Response(String(bytes))
}
