import { fileURLToPath } from 'node:url'
import { bundleWorker } from '../../../local-daemon/gateway/worker-bundle.ts'

/** Bugs that a gateway could have, put around the real Worker, each to prove that its checker sees it. */
export type PlantedInWorker =
  /** A body that was cut ends as if it were whole. */
  | 'ends-cut-bodies'
  /** An event stream that lost its bridge stays open, and nothing comes any more. */
  | 'hangs-cut-streams'
  /** The stream of a client that has left stays open at home. */
  | 'keeps-left-streams'
  /** It reads the whole of a body before it refuses it. */
  | 'waits-for-uploads'
  /** A connect proof is good for more than one connection. */
  | 'takes-old-proofs'

/** The Worker with one of them, bundled as for production. */
export function plantedWorker(bug: PlantedInWorker): Promise<string> {
  return bundleWorker({
    contents: WRAPPING.replace('BUG', JSON.stringify(bug)),
    resolveDir: fileURLToPath(new URL('../../../edge-gateway', import.meta.url)),
  })
}

const WRAPPING = `
  import worker, { TunnelObject as Real } from './worker.ts'
  const bug = BUG
  export class TunnelObject extends Real {
    async fetch(request) {
      if (bug === 'hangs-cut-streams' && request.url.includes('/relay/resume/')) {
        return new Promise((resolve) => setTimeout(resolve, 60_000))
      }
      const proof = request.headers.get('x-spl-connect')
      if (bug !== 'takes-old-proofs' || proof === null) return super.fetch(request)
      const headers = new Headers(request.headers)
      const given = await super.fetch(new Request('https://tunnel/challenge'))
      const { challenge } = await given.json()
      headers.set('x-spl-connect', JSON.stringify({ ...JSON.parse(proof), challenge }))
      return super.fetch(new Request(request, { headers }))
    }
    webSocketClose(socket, code, reason) {
      const left = this.ctx.getTags(socket).includes('subscriber')
      if (bug === 'keeps-left-streams' && left) return socket.close(1000)
      super.webSocketClose(socket, code, reason)
    }
  }
  function copied(body) {
    const { readable, writable } = new IdentityTransformStream()
    const writer = writable.getWriter()
    const copy = async () => {
      const reader = body.getReader()
      for (;;) {
        let part
        try {
          part = await reader.read()
        } catch {
          return writer.close()
        }
        if (part.done) return writer.close()
        await writer.write(part.value)
      }
    }
    copy().catch(() => {})
    return readable
  }
  export default {
    async fetch(request, env, ctx) {
      if (bug === 'waits-for-uploads' && request.body !== null) {
        const body = await request.arrayBuffer()
        return worker.fetch(new Request(request, { body }), env, ctx)
      }
      const answer = await worker.fetch(request, env, ctx)
      const stream = answer.headers.get('content-type')?.startsWith('text/event-stream')
      if (answer.body === null || answer.webSocket) return answer
      if (bug === 'ends-cut-bodies' && !stream) {
        return new Response(copied(answer.body), answer)
      }
      return answer
    }
  }
`
