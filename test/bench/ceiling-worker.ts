import { DurableObject } from 'cloudflare:workers'

/**
 * The platform's ceiling, measured beside the gateway on the same runtime: a Worker that answers by
 * itself, an object that answers by itself, an object that makes or swallows a body by itself. Nothing
 * that is relayed can be faster.
 */
const CHUNK_BYTES = 64 * 1024
const LARGE_BYTES = 256 * 1024

export class TunnelObject extends DurableObject {
  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url)
    if (url.pathname === '/stream') return stream(Number(url.searchParams.get('bytes')))
    if (url.pathname === '/sink' && request.body !== null) return sink(request.body)
    if (url.pathname === '/large-sink' && request.body !== null) return largeSink(request.body)
    return new Response('hello')
  }
}

export default {
  fetch(request: Request, env: { TUNNEL: DurableObjectNamespace }) {
    if (new URL(request.url).pathname === '/worker') return new Response('hello')
    return env.TUNNEL.get(env.TUNNEL.idFromName('ceiling')).fetch(request)
  },
}

function stream(bytes: number): Response {
  const { readable, writable } = new FixedLengthStream(bytes)
  const chunk = new Uint8Array(CHUNK_BYTES)
  const writer = writable.getWriter()
  const write = async () => {
    for (let left = bytes; left > 0; left -= CHUNK_BYTES) await writer.write(chunk)
    await writer.close()
  }
  write().catch(() => {})
  return new Response(readable)
}

/** As a body is read in any Worker. */
async function sink(body: ReadableStream<Uint8Array>): Promise<Response> {
  let bytes = 0
  for await (const part of body) bytes += part.length
  return new Response(String(bytes))
}

/** With large buffers of its own, used again: as fast as the runtime can hand over bytes. */
async function largeSink(body: ReadableStream<Uint8Array>): Promise<Response> {
  const reader = body.getReader({ mode: 'byob' })
  let bytes = 0
  let view: Uint8Array = new Uint8Array(LARGE_BYTES)
  for (;;) {
    const { done, value } = await reader.read(view)
    if (done) return new Response(String(bytes))
    bytes += value.length
    view = new Uint8Array(value.buffer)
  }
}
