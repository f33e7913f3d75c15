import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { until } from '../support/until.ts'
import type { PlantedInApp } from './planted/planted-app.ts'

/** What a home process is started with. */
export interface HomeTask {
  readonly home: string
  readonly gatewayUrl: string
  readonly planted?: PlantedInApp | undefined
}

/** What it says of itself. */
export interface HomeStatus {
  readonly state: string
  readonly openStreams: number
  /** Bytes of live objects and buffers. */
  readonly heldBytes: number
  /** Resident memory, bytes. */
  readonly rss: number
}

export type HomeAnswer =
  | { readonly kind: 'ready'; readonly bearer: string | undefined }
  | ({ readonly kind: 'status'; readonly id: number } & HomeStatus)

const PROCESS = fileURLToPath(new URL('home-process.ts', import.meta.url))
/** Milliseconds from SIGTERM to SIGKILL: twice what the daemon allows itself to drain. */
const STOP_MS = 12_000

/** The daemon as a process of its own on one home, which outlives its processes. */
export class HomeChild implements AsyncDisposable {
  /** The admin's, from the first start on. */
  bearer = ''
  readonly #task: HomeTask
  #child: ChildProcess | undefined
  #asked = 0

  constructor(task: HomeTask) {
    this.#task = task
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Resolves when it answers at home; the tunnel connects by itself. */
  async start(): Promise<void> {
    const child = fork(PROCESS, [JSON.stringify(this.#task)], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    // A message that cannot be sent any more is answered by nobody, and that is noticed.
    child.on('error', () => {})
    const gone = once(child, 'exit').then(([code]) => {
      throw new Error(`start home: the process ended with ${code}`)
    })
    gone.catch(() => {})
    const [ready] = (await Promise.race([once(child, 'message'), gone])) as [HomeAnswer]
    if (ready.kind === 'ready' && ready.bearer !== undefined) this.bearer = ready.bearer
  }

  /** Kills it outright. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Asks it to stop. @returns its exit code; null if it did not come to an end by itself */
  async terminate(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  /** It runs no instruction for so long, milliseconds, and does not know it. */
  async pause(ms: number): Promise<void> {
    const child = this.#child
    child?.kill('SIGSTOP')
    await sleep(ms)
    child?.kill('SIGCONT')
  }

  /** @param collect after a collection of garbage */
  async status(collect = false): Promise<HomeStatus> {
    const child = this.#child
    if (child === undefined) throw new Error('ask home: it does not run')
    this.#asked += 1
    const id = this.#asked
    return new Promise((resolve, reject) => {
      const leave = () => child.off('message', hear).off('exit', fail)
      const hear = (answer: HomeAnswer) => {
        if (answer.kind !== 'status' || answer.id !== id) return
        leave()
        resolve(answer)
      }
      const fail = () => {
        leave()
        reject(new Error('ask home: it is gone'))
      }
      child.on('message', hear).on('exit', fail)
      child.send({ id, collect })
    })
  }

  /** @throws Error when it is not within the limit, milliseconds */
  async untilConnected(limitMs: number): Promise<void> {
    const connected = async () => (await this.status()).state === 'connected'
    await until('the tunnel is connected', connected, limitMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child !== undefined) await this.#end('SIGTERM')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    if (child === undefined) return null
    this.#child = undefined
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exited = once(child, 'exit') as Promise<[number | null]>
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    const [code] = await exited
    clearTimeout(late)
    return code
  }
}
