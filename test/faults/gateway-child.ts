import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FrontLimits } from '../../local-daemon/gateway/front/front-limits.ts'
import { startFront, type Front } from '../../local-daemon/gateway/front/start-front.ts'
import { WorkerdSocket } from '../../local-daemon/gateway/front/workerd-socket.ts'
import { selfSignedCertificate } from '../../local-daemon/gateway/self-signed.ts'
import { startGateway, type Gateway } from '../../local-daemon/gateway/start-gateway.ts'
import { memoryOf } from '../support/memory-of.ts'

/** Connections that its front holds: far more than the load has, and few enough for a flood. */
export const FRONT_CONNECTIONS = 256

export interface GatewayTask {
  readonly ownerDid: string
  /** Keeps the object's storage from one process to the next. */
  readonly directory: string
  /** Source of the Worker; the real one unless told. */
  readonly worker?: string | undefined
  /** Connections that its front holds, in place of `FRONT_CONNECTIONS`. */
  readonly connections?: number
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
    const limits = { connections: this.#task.connections ?? FRONT_CONNECTIONS }
    const options = { ownerDid, directory, port, hostname, limits, ...(worker && { worker }) }
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

  /** What workerd is started with is no configuration any more: once it is gone, it stays away. */
  async spoilConfig(): Promise<void> {
    await writeFile(join(this.#task.directory, 'workerd.capnp'), 'none')
  }

  /** Another front before the same workerd, with TLS. Whoever asks for it ends it. */
  async secureFront(limits: Partial<FrontLimits>): Promise<Front> {
    const { directory } = this.#task
    const tls = await selfSignedCertificate(join(directory, 'tls'), 'localhost', Date.now())
    return startFront({
      host: '127.0.0.1',
      port: 0,
      tls,
      knowsClients: false,
      limits,
      onLog() {},
      async dial() {
        const socket = new WorkerdSocket()
        socket.connect({ path: join(directory, 'workerd.sock') })
        await once(socket, 'connect')
        return socket
      },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.stop()
  }
}
