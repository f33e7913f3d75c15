import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { type Daemon, type DaemonOptions, startDaemon } from '../../../local-daemon/daemon.ts'
import { aDraft, aHome } from './a-daemon.ts'

const logger = pino({ level: 'silent' })

/** A home whose daemon is started and stopped, and whose files are copied aside and put back meanwhile. */
export function aKeptHome() {
  const home = aHome()
  const aside = aHome()
  let daemon: Daemon | undefined
  let bearer = ''
  function running(): Daemon {
    if (daemon === undefined) throw new Error('it does not run')
    return daemon
  }
  /** As `cp hub.db*` sees them, without the lock. */
  const files = () =>
    globSync('hub.db*', { cwd: home.path }).filter((name) => !name.endsWith('.lock'))
  return {
    path: home.path,
    aside: aside.path,
    database: join(home.path, 'hub.db'),
    daemon: running,
    bearer: () => bearer,
    async start(options: Partial<DaemonOptions> = {}): Promise<Daemon> {
      daemon = await startDaemon({ home: home.path, port: 0, logger, ...options })
      bearer = daemon.adminBearer ?? bearer
      return daemon
    },
    async stop(): Promise<void> {
      await daemon?.stop()
      daemon = undefined
    },
    /** Appends records, the same texts in the same order each time. */
    async append(count: number, text = 'tea'): Promise<readonly string[]> {
      const ids: string[] = []
      for (let n = 0; n < count; n += 1) {
        ids.push((await running().store.append(aDraft({ body: { text, n } }))).record.id)
      }
      return ids
    },
    /** A request over loopback with the admin's bearer. */
    ask(path: string, init: RequestInit = {}): Promise<Response> {
      const { port } = running().addresses.tcp
      const headers = {
        authorization: `Bearer ${bearer}`,
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
        ...(init.headers as Record<string, string>),
      }
      return fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers })
    },
    /** The status of a request and the code of its refusal. */
    async told(path: string, init: RequestInit = {}): Promise<string> {
      const answer = await this.ask(path, init)
      const { code } = (await answer.json()) as { code?: string }
      return code === undefined ? String(answer.status) : `${answer.status} ${code}`
    },
    /** The cursor behind the newest record. */
    async cursor(): Promise<string> {
      const answer = await this.ask('/v1/sync/changes')
      return ((await answer.json()) as { next_cursor: string }).next_cursor
    },
    copyStore(): void {
      for (const name of files()) copyFileSync(join(home.path, name), join(aside.path, name))
    },
    removeStore(): void {
      for (const name of files()) rmSync(join(home.path, name))
    },
    putStoreBack(): void {
      this.removeStore()
      cpSync(aside.path, home.path, { recursive: true })
    },
    /** With its modes, as a backup has them. */
    copyHome(): void {
      execFileSync('cp', ['-Rp', `${home.path}/.`, aside.path])
    },
    putHomeBack(): void {
      rmSync(home.path, { recursive: true })
      execFileSync('cp', ['-Rp', aside.path, home.path])
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await daemon?.stop()
      home[Symbol.dispose]()
      aside[Symbol.dispose]()
    },
  }
}
