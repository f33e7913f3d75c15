import { request } from 'node:http'

/** Milliseconds in which a daemon that works has long answered. */
const ANSWER_MS = 5_000

/** Whether the daemon of this process answers on its own socket: the loop turns, the listener accepts, the store is read. */
export function askSelf(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      { socketPath, path: '/health', agent: false, timeout: ANSWER_MS },
      (answer) => {
        answer.resume()
        resolve(answer.statusCode === 200)
      },
    )
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(false))
    asked.on('close', () => resolve(false))
    asked.end()
  })
}
