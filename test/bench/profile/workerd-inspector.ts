import { once } from 'node:events'
import type { Profiler } from 'node:inspector'
import { WebSocket, type RawData } from 'ws'

/** Microseconds between two samples. */
export const SAMPLING_US = 250

/** A session with workerd's inspector (`workerd serve --inspector-addr`), of its service `gateway`. */
export class WorkerdInspector {
  readonly #socket: WebSocket
  #last = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  static async open(port: number): Promise<WorkerdInspector> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/gateway`)
    await once(socket, 'open')
    return new WorkerdInspector(socket)
  }

  async start(): Promise<void> {
    await this.#call('Profiler.enable')
    await this.#call('Profiler.setSamplingInterval', { interval: SAMPLING_US })
    await this.#call('Profiler.start')
  }

  async stop(): Promise<Profiler.Profile> {
    const { profile } = (await this.#call('Profiler.stop')) as { profile: Profiler.Profile }
    return profile
  }

  close(): void {
    this.#socket.terminate()
  }

  /** https://chromedevtools.github.io/devtools-protocol/ */
  #call(method: string, params: object = {}): Promise<unknown> {
    this.#last += 1
    const id = this.#last
    return new Promise((resolve, reject) => {
      const take = (data: RawData): void => {
        const message = JSON.parse((data as Buffer).toString()) as {
          id?: number
          result?: unknown
          error?: { message: string }
        }
        if (message.id !== id) return
        this.#socket.off('message', take)
        if (message.error === undefined) resolve(message.result)
        else reject(new Error(`${method}: ${message.error.message}`))
      }
      this.#socket.on('message', take)
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }
}
