import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { MAIN } from '../../support/cli/run-spl.ts'

/** What `die-at.ts` is told. */
export interface StepTask {
  /** Steps that are done before the process is killed; none: it is not. */
  left?: number
  /** The same for a process that copies the store. */
  copy?: number
  /** Whether what it started dies with it. */
  group?: boolean
  /** A file for the number of steps, at its end. */
  countTo?: string
}

const DIE_AT = fileURLToPath(new URL('die-at.ts', import.meta.url))

/** A process of `spl` that is to be killed, at a moment or at a step. */
export class Killable {
  readonly child: ChildProcess
  readonly stdout: Promise<string>
  readonly stderr: Promise<string>
  readonly gone: Promise<unknown>
  readonly #countTo: string

  /** @param home `SYNCROPEL_HOME` */
  constructor(args: readonly string[], home: string, task: StepTask = {}) {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(?:SPL|SYNCROPEL)_/u.test(name),
    )
    this.#countTo = join(home, `.steps-${Math.random()}`)
    this.child = spawn(process.execPath, [MAIN, ...args], {
      env: {
        ...Object.fromEntries(inherited),
        SYNCROPEL_HOME: home,
        NODE_OPTIONS: `--import=${DIE_AT}`,
        SPL_DIE_AT: JSON.stringify({ ...task, countTo: this.#countTo }),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
      // The leader of a group: what it starts can be killed with it.
      detached: true,
    })
    this.child.on('error', () => {})
    // Not `once`: a message to a process that is gone is an error, and no news.
    this.gone = new Promise((resolve) => this.child.once('close', resolve))
    this.stdout = text(this.child.stdout as Readable)
    this.stderr = text(this.child.stderr as Readable)
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Whether it ended by itself. */
  get ended(): boolean {
    return this.child.exitCode !== null
  }

  /** What a daemon says once it serves. @throws Error when it ends before that */
  async ready(): Promise<Readonly<Record<string, unknown>>> {
    const said = await text(this.child.stdio[4] as Readable)
    if (said === '') throw new Error(`it did not start: ${await this.stderr}`)
    return JSON.parse(said) as Readonly<Record<string, unknown>>
  }

  /** Counts steps from now on, and kills at one of them. */
  async arm(task: StepTask): Promise<void> {
    await this.#ask(task)
  }

  /** Steps since it was armed, or since its start. */
  async steps(): Promise<number> {
    if (existsSync(this.#countTo)) {
      const found = Number(readFileSync(this.#countTo, 'utf8'))
      rmSync(this.#countTo)
      return found
    }
    return this.child.connected ? await this.#ask('count') : 0
  }

  /** @param group with everything that it started */
  kill(group: boolean): void {
    try {
      process.kill(group ? -this.pid : this.pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }

  /** Kills it if it is still there, and resolves when it is gone. */
  async end(group = true): Promise<void> {
    this.kill(group)
    await this.gone
    rmSync(this.#countTo, { force: true })
  }

  /** @throws Error when it is gone */
  async #ask(what: StepTask | 'count'): Promise<number> {
    const { child } = this
    return await new Promise((resolve, reject) => {
      const gone = () => reject(new Error('it is gone'))
      child.once('close', gone)
      child.once('message', (told: { readonly steps: number }) => {
        child.off('close', gone)
        resolve(told.steps)
      })
      if (child.exitCode !== null || child.signalCode !== null) gone()
      else child.send(what)
    })
  }
}
