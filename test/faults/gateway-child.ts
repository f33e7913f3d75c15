import { setTimeout as sleep } from 'node:timers/promises'
import { startGateway, type Gateway } from '../../local-daemon/gateway/start-gateway.ts'
import { memoryOf } from '../gateway/memory-of.ts'

export interface GatewayTask {
  readonly ownerDid: string
  /** Keeps the object's storage from one process to the next. */
  readonly directory: string
  /** Source of the Worker; the real one unless told. */
  readonly worker?: string | undefined
}

/** The gateway as `spl gateway serve` runs it, its front in this process, on one port and one storage, which outlive it. */
export class GatewayChild implements AsyncDisposable {
  readonly #task: GatewayTask
  #gateway: Gateway | undefined
  #port = 0

  constructor(task: GatewayTask) {
    this.#task = task
  }

  get port(): number {
    return this.#port
  }

  get pid(): number {
    return this.#gateway?.pid ?? 0
  }

  /** Resident memory, bytes. */
  get rss(): number {
    return memoryOf(this.pid)
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const { ownerDid, directory, worker } = this.#task
    const port = this.#port
    // Home comes by a link that breaks, on a port of its own.
    const hostname = 'localhost:*'
    const options = { ownerDid, directory, port, hostname, ...(worker && { worker }) }
    this.#gateway = await startGateway(options)
    this.#port = this.#gateway.port
  }

  /** Kills workerd outright and leaves nobody to start it again, as when the machine goes. Resolves when all is gone. */
  async kill(): Promise<void> {
    const gateway = this.#gateway
    if (gateway === undefined) return
    process.kill(gateway.pid, 'SIGKILL')
    await gateway.stop()
  }

  /** It runs no instruction for so long, milliseconds, and does not know it. */
  async pause(ms: number): Promise<void> {
    const { pid } = this
    process.kill(pid, 'SIGSTOP')
    await sleep(ms)
    process.kill(pid, 'SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.stop()
  }
}
