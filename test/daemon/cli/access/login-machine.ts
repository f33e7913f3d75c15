import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'vitest'
import { aHome, type TestDaemon } from '../../../support/daemon/a-daemon.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import type { SplRun } from '../../../support/cli/run-spl.ts'

/** A pairing code for a laptop with these scopes. */
export async function pairingCode(
  served: TestDaemon,
  scopes: readonly string[] = ['records:read', 'records:write'],
): Promise<string> {
  const answer = await served.post('/v1/invites', { device: 'laptop', scopes })
  return ((await answer.json()) as { code: string }).code
}

export interface Machine extends Disposable {
  readonly path: string
  readonly file: string
  spl(line: string, env?: Record<string, string>): Promise<SplRun>
}

/** A second machine: a home without a daemon. */
export function aMachine(): Machine {
  const home = aHome()
  return {
    path: home.path,
    file: join(home.path, 'remote.json'),
    spl: (line, env = {}) => runHere(line.split(' '), { home: home.path, env }),
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

/** Logs the machine in to the daemon. */
export async function logIn(
  machine: Machine,
  served: TestDaemon,
  scopes?: readonly string[],
): Promise<void> {
  const code = await pairingCode(served, scopes)
  expect((await machine.spl(`login ${served.base} --code ${code}`)).code).toBe(0)
}

/** Points the login at another address, as a DNS change does. */
export function moveTo(machine: Machine, url: string): void {
  const login = JSON.parse(readFileSync(machine.file, 'utf8')) as object
  writeFileSync(machine.file, JSON.stringify({ ...login, url }))
}

export interface Elsewhere extends AsyncDisposable {
  readonly url: string
  /** What was asked, with the bearer. */
  readonly asked: string[]
}

/** A server that is not what it should be. */
export async function anImpostor(listener: RequestListener): Promise<Elsewhere> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    asked.push(`${request.method} ${path} ${request.headers.authorization ?? '-'}`)
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
