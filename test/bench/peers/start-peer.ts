import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../../support/free-port.ts'
import type { Peer, PeerPlace } from './peer-list.ts'

const run = promisify(execFile)
/** Milliseconds for a peer to listen, and then to answer. */
const START_MS = 8_000
const STEP_MS = 100

export interface RunningPeer extends AsyncDisposable {
  readonly url: string
  /** Of its processes and of their children. */
  readonly pids: readonly number[]
}

/** Path of a program in a folder, on PATH, or where administrators' programs are. */
export function findProgram(name: string, folder: string | undefined): string | undefined {
  const folders = [folder, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  return folders
    .filter((path) => path !== undefined && path !== '')
    .map((path) => join(path as string, name))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Starts a peer on loopback with configuration of its own and resolves once a request comes through.
 *
 * @param path of a record at the daemon
 * @throws Error when a program ends, or nothing answers in time
 */
export async function startPeer(
  peer: Peer,
  daemon: { readonly port: number; readonly path: string; readonly bearer: string },
  folder: string | undefined,
): Promise<RunningPeer> {
  const directory = await mkdtemp(join(tmpdir(), 'spl-peer-'))
  const children: ChildProcess[] = []
  const end = async (): Promise<void> => {
    await Promise.all(children.toReversed().map(ended))
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const place: PeerPlace = {
      directory,
      daemonPort: daemon.port,
      publicPort: await freePort(),
      innerPort: await freePort(),
      otherPorts: [await freePort(), await freePort()],
    }
    for (const [name, text] of Object.entries(peer.files(place))) {
      await writeFile(join(directory, name), text, { mode: 0o600 })
    }
    const program = (name: string) => findProgram(name, folder) as string
    for (const { name, args } of peer.prepare?.(place) ?? []) await run(program(name), [...args])
    // Where sshd wants to be able to go.
    if (peer.programs.includes('sshd')) await mkdir('/run/sshd', { recursive: true })
    const programs = peer.run(place)
    for (const [at, { name, args }] of programs.entries()) {
      // Caddy keeps its last configuration there.
      const env = { ...process.env, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory }
      const child = spawn(program(name), [...args], { cwd: directory, stdio: 'ignore', env })
      child.on('error', () => {})
      children.push(child)
      if (at < programs.length - 1) await listens(place.innerPort, child)
    }
    const url = `http://127.0.0.1:${place.publicPort}`
    const fields = { ...peer.fields, authorization: `Bearer ${daemon.bearer}` }
    await answers(url + daemon.path, fields)
    const pids = children.flatMap(({ pid }) => familyOf(pid as number))
    return { url, pids, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), 2_000)
  await exited
  clearTimeout(kill)
}

async function listens(port: number, child: ChildProcess): Promise<void> {
  const until = performance.now() + START_MS
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch (error) {
      if (child.exitCode !== null) throw new Error('its server ended', { cause: error })
      if (performance.now() > until) throw error
    } finally {
      socket.destroy()
    }
    await sleep(STEP_MS)
  }
}

async function answers(url: string, headers: Record<string, string>): Promise<void> {
  const until = performance.now() + START_MS
  let last = 'nothing listens'
  while (performance.now() < until) {
    try {
      const response = await fetch(url, { headers })
      const text = await response.text()
      if (response.ok) return
      last = `${response.status} ${text.slice(0, 200)}`
    } catch (error) {
      last = String((error as Error).cause ?? error)
    }
    await sleep(STEP_MS)
  }
  throw new Error(`no answer through it: ${last}`)
}

/** A process and all that it started: `sshd` serves each connection by a child. */
function familyOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return [
      pid,
      ...children.filter((text) => text !== '').flatMap((text) => familyOf(Number(text))),
    ]
  } catch {
    return [pid]
  }
}
