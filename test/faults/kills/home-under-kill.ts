import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import canonicalize from 'canonicalize'
import { runHere } from '../../support/cli/run-here.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { type Kill, delayOf, type Measured, stepOf } from './kill.ts'
import { Killable, type StepTask } from './killable.ts'

/** A record as the changes feed has it. */
export interface SeenRecord {
  readonly id: string
  readonly record: {
    readonly thread: string
    readonly actor: string
    readonly clock: number
    readonly body: Readonly<Record<string, unknown>>
    readonly judged_by: string | null
  }
  readonly origin: string
  readonly sig: string
  readonly redacted?: object
}

/** A home whose daemon is a real process that dies often, with what it acknowledged. */
export class HomeUnderKill implements AsyncDisposable {
  readonly #directory = aHome()
  readonly path = this.#directory.path
  /** Ids that were acknowledged, in their order. */
  readonly told: string[] = []
  bearer = ''
  base = ''
  daemon: Killable | undefined

  /** Starts the daemon. @param task at which step it is killed, from its start on */
  begin(task: StepTask = {}): Killable {
    const args = ['serve', '--foreground', '--port', '0', '--ready-fd', '4']
    this.daemon = new Killable(args, this.path, task)
    return this.daemon
  }

  /** The same, and waits until it serves. */
  async start(): Promise<Killable> {
    const daemon = this.begin()
    await this.untilReady(daemon)
    return daemon
  }

  /** @throws Error when it ends before it serves */
  async untilReady(daemon: Killable): Promise<void> {
    const ready = await daemon.ready()
    const { address, admin_bearer: bearer } = ready as { address: string; admin_bearer?: string }
    if (address === undefined) throw new Error(`it did not start: ${JSON.stringify(ready)}`)
    this.base = address
    this.bearer = bearer ?? this.bearer
  }

  async stop(): Promise<void> {
    const { daemon } = this
    if (daemon === undefined) return
    this.daemon = undefined
    if (!daemon.ended) daemon.child.kill('SIGTERM')
    await Promise.race([daemon.gone, sleep(20_000, undefined, { ref: false })])
    await daemon.end()
  }

  /** Kills the daemon at a moment of the work, or lets it count the steps. Resolves when that is prepared. */
  async killDuring(kill: Kill | undefined, measured: Measured): Promise<void> {
    const { daemon } = this
    if (daemon === undefined) throw new Error('no daemon runs')
    if (kill?.by === 'time') setTimeout(() => daemon.kill(kill.group), delayOf(kill, measured))
    else await daemon.arm(kill ? { left: stepOf(kill, measured), group: kill.group } : {})
  }

  /** After the work: the steps that it took; kills what is still there, and starts again. */
  async restart(): Promise<number> {
    const { daemon } = this
    const steps = daemon?.child.connected === true ? await daemon.steps().catch(() => 0) : 0
    await daemon?.end()
    await this.start()
    return steps
  }

  ask(path: string, init: RequestInit = {}, bearer = this.bearer): Promise<Response> {
    const headers = {
      authorization: `Bearer ${bearer}`,
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
      ...(init.headers as Record<string, string>),
    }
    return fetch(this.base + path, { ...init, headers })
  }

  /** The JSON of an answer; undefined for a request that got none, because the daemon died. */
  async asked<Answer>(path: string, body?: object, method?: string): Promise<Answer | undefined> {
    try {
      const init = { method: method ?? 'POST', body: JSON.stringify(body) }
      const answer = await this.ask(path, body === undefined ? {} : init)
      const said = (await answer.json()) as Answer
      if (!answer.ok) throw new Refused(JSON.stringify(said))
      return said
    } catch (error) {
      if (error instanceof Refused) throw error
      return undefined
    }
  }

  /** Appends one record after the other until the daemon dies or `signal` ends it; each that was acknowledged is remembered. */
  async write(thread: string, count = Infinity, signal?: AbortSignal): Promise<number> {
    let n = 0
    for (; n < count && signal?.aborted !== true; n += 1) {
      const body = { thread, act: 'DO', body: { n, text: 'x'.repeat(n % 300) } }
      const made = await this.asked<{ id: string }>('/v1/records', body)
      if (made === undefined) return n
      this.told.push(made.id)
    }
    return n
  }

  /** Everything in the store, in its order. */
  async records(query = ''): Promise<readonly SeenRecord[]> {
    const headers = { accept: 'application/x-ndjson' }
    const answer = await this.ask(`/v1/sync/changes${query}`, { headers })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`read everything: ${text}`)
    const lines = text.split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line) as SeenRecord).filter(({ record }) => record)
  }

  /** What was acknowledged is there once, in its order and with its content, and `spl verify` finds nothing. */
  async check(): Promise<readonly SeenRecord[]> {
    const records = await this.records()
    const places = new Map(records.map(({ id }, place) => [id, place]))
    if (places.size !== records.length) throw new Error('a record is there twice')
    const last = new Map<string, number>()
    for (const id of this.told) {
      const place = places.get(id)
      if (place === undefined) throw new Error(`${id} was acknowledged and is not there`)
      const { thread } = records[place]?.record ?? { thread: '' }
      if (place < (last.get(thread) ?? -1))
        throw new Error(`${id} is before what was acknowledged before it`)
      last.set(thread, place)
    }
    const clocks = new Set<string>()
    for (const seen of records) refuseOther(seen, clocks)
    await this.verify()
    return records
  }

  async verify(): Promise<void> {
    const { code, stdout, stderr } = await runHere(['verify', '--json'], { home: this.path })
    if (code !== 0) throw new Error(`spl verify: ${stdout}${stderr}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon?.end()
    this.#directory[Symbol.dispose]()
  }
}

class Refused extends Error {}

function refuseOther({ id, record, redacted }: SeenRecord, clocks: Set<string>): void {
  const { judged_by: _judge, ...hashed } = record
  if (redacted === undefined && hash('sha256', canonicalize(hashed) ?? '') !== id)
    throw new Error(`${id} has other content`)
  const clock = JSON.stringify([record.thread, record.actor, record.clock])
  if (clocks.has(clock)) throw new Error(`two records with ${clock}`)
  clocks.add(clock)
}
