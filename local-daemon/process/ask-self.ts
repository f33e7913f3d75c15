import { request } from 'node:http'

/** Milliseconds within which a working daemon certainly answers. */
const ANSWER_MS = 5_000

/** Whether this process's daemon answers on its own socket: the event loop turns, the listener accepts, the store can be read. */
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
