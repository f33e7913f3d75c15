import type { Server } from 'node:http'

/**
 * Takes no more connections and waits for open requests, at most `ms`; then cuts what is left. Streams
 * must be told to end before.
 */
export async function drain(server: Server, ms: number): Promise<void> {
  if (!server.listening) return
  let timer: NodeJS.Timeout | undefined
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  // Connections that were busy become idle one by one; Node closes idle ones only when told to.
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([closed, late])
  clearInterval(sweep)
  clearTimeout(timer)
  server.closeAllConnections()
  await closed
}
