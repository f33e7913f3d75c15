import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { aHome } from '../support/daemon/a-daemon.ts'
import { startSpl } from '../support/cli/run-spl.ts'

/** `spl serve` in the foreground, as a process of its own in a home of its own. */
export interface DaemonProcess extends AsyncDisposable {
  readonly child: ChildProcess
  readonly base: string
  readonly bearer: string
  readonly home: string
  /** A request on loopback, with the admin's bearer unless told otherwise. */
  ask(path: string, init?: RequestInit & { readonly bearer?: string }): Promise<Response>
  /** The log's lines so far. */
  log(): readonly Readonly<Record<string, unknown>>[]
  /** It has ended: with which code, or by which signal. */
  readonly ended: () => number | string | undefined
}

/** @param env such as `NODE_OPTIONS` with `--import` and a file that plants a fault */
export async function aDaemonProcess(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<DaemonProcess> {
  const home = aHome()
  const child = startSpl(['serve', '--port', '0', '--json', ...args], {
    home: home.path,
    env,
  })
  const said: string[] = []
  child.stderr?.on('data', (text: Buffer) => said.push(text.toString()))
  const closed = once(child, 'close')
  const lines = createInterface({ input: child.stdout as Readable })
  const failed = closed.then(() => Promise.reject(new Error(`start daemon: ${said.join('')}`)))
  failed.catch(() => {})
  const [line] = (await Promise.race([once(lines, 'line'), failed])) as [string]
  const { address: base, admin_bearer: bearer } = JSON.parse(line) as Record<string, string>
  const logFile = join(home.path, 'logs', 'spl.log')
  return {
    child,
    base: base ?? '',
    bearer: bearer ?? '',
    home: home.path,
    ask: (path, { bearer: other, ...init } = {}) =>
      fetch(base + path, {
        ...init,
        headers: {
          authorization: `Bearer ${other ?? bearer}`,
          ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(init.headers as Record<string, string>),
        },
      }),
    log: () =>
      (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
        .split('\n')
        .filter((text) => text !== '')
        .map((text) => JSON.parse(text) as Record<string, unknown>),
    ended: () => child.exitCode ?? child.signalCode ?? undefined,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await closed
      home[Symbol.dispose]()
    },
  }
}
