import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A web site on loopback: an origin of its own, with pages that do nothing by themselves. */
export interface PageServer extends AsyncDisposable {
  readonly port: number
  /** `http://localhost:<port>`: ports of one host are one site, to which a browser's caches are common. */
  readonly origin: string
  /** A path of it that sends on to a URL. */
  to(url: string): string
}

/**
 * `/` is a page, `/sandboxed` one with an opaque origin (HTML, "sandboxing"), `/to?<url>` redirects, readable by
 * every page: what comes after the redirect decides then.
 */
export async function servePages(): Promise<PageServer> {
  const server = createServer(({ url = '/' }, answer) => {
    if (url.startsWith('/to?')) {
      const location = decodeURIComponent(url.slice('/to?'.length))
      answer.writeHead(302, { location, 'access-control-allow-origin': '*' }).end()
      return
    }
    const policy =
      url === '/sandboxed' ? { 'content-security-policy': 'sandbox allow-scripts' } : {}
    answer.writeHead(200, { 'content-type': 'text/html', ...policy })
    answer.end('<!doctype html><link rel="icon" href="data:,"><title>page</title>')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const origin = `http://localhost:${port}`
  return {
    port,
    origin,
    to: (url) => `${origin}/to?${encodeURIComponent(url)}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
