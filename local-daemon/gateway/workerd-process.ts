import { spawn, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { detach } from '../../protocol/detach.ts'
import { GatewayError } from './gateway-error.ts'

const require = createRequire(import.meta.url)
/** Milliseconds that workerd may take from its start to its first listening socket. */
const LISTEN_TIMEOUT_MS = 20_000
/**
 * Milliseconds between SIGTERM and SIGKILL. On SIGTERM workerd waits for every open WebSocket and
 * kept-alive connection, without an end; what it stored is safe, because SQLite committed it.
 */
const STOP_TIMEOUT_MS = 2_000
/** Last lines of stderr kept to explain an early exit. */
const KEPT_LINES = 20

/**
 * The shell becomes workerd with `exec`, so the process id, the signals and the exit status are
 * workerd's own. Before that it leaves a reader on the lifeline (our end of its stdin): when this process
 * dies, even by SIGKILL, the kernel closes the lifeline and the reader kills workerd. A clean stop
 * writes a line first, so the reader ends without killing a process id that may be someone else's by then.
 */
const LIFELINE = `exec 4<&0
( read -r _ <&4 || kill -KILL $$ ) >/dev/null 2>&1 3>&- &
exec "$@" 4<&- </dev/null`

export interface WorkerdExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last lines that workerd wrote to stderr. */
  readonly output: string
}

export interface WorkerdProcess {
  readonly pid: number
  /** The port of the one socket, chosen by the system if 0 was asked for; 0 for a Unix socket. */
  readonly port: number
  /** Resolves when the process is gone, for whatever reason. */
  readonly exited: Promise<WorkerdExit>
  /** SIGTERM, then SIGKILL after {@link STOP_TIMEOUT_MS}. Resolves when the process is gone; may be called twice. */
  stop(): Promise<void>
}

/**
 * Starts workerd with a config file and resolves once it listens. It never outlives this process: a clean exit
 * or an exception kills it, and on POSIX so does SIGKILL. Windows has no lifeline: there a killed parent
 * leaves workerd running.
 *
 * @throws GatewayError GATEWAY_EXITED, GATEWAY_TIMEOUT or WORKERD_MISSING
 */
export async function startWorkerd(
  configFile: string,
  onLog: (line: string) => void,
): Promise<WorkerdProcess> {
  const child = launch(['serve', '--control-fd=3', configFile])
  const killAtExit = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', killAtExit)
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream as Readable }).on('line', (line) => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      onLog(line)
    })
  }
  const exited = new Promise<WorkerdExit>((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null, output: lines.join('\n') }))
    child.once('close', (code, signal) => resolve({ code, signal, output: lines.join('\n') }))
  })
  detach(
    exited.then(() => process.off('exit', killAtExit)),
    (error) => onLog(String(error)),
  )
  child.once('exit', () => release(child))

  async function stop(): Promise<void> {
    child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(kill)
  }

  try {
    const port = await listeningPort(child, exited)
    return { pid: child.pid ?? 0, port, exited, stop }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/**
 * Path of the binary for this platform. Required, because imports of a CommonJS `default` differ between loaders; and only now,
 * because an installation without it works for everything but a gateway.
 */
function workerdBinary(): string {
  try {
    return (require('workerd') as { readonly default: string }).default
  } catch (cause) {
    throw new GatewayError(
      'WORKERD_MISSING',
      `this installation of spl has no workerd for ${process.platform} ${process.arch}`,
      'install spl again without --omit=optional, with a 64-bit Node.js; or a gateway on Cloudflare: spl gateway init',
      { cause },
    )
  }
}

function launch(args: readonly string[]): ChildProcess {
  const workerd = workerdBinary()
  // Its own process group: Ctrl-C in a terminal reaches only this process, which stops workerd in order.
  const options = { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] as const, detached: true }
  const child =
    process.platform === 'win32'
      ? spawn(workerd, [...args], {
          ...options,
          stdio: [...options.stdio],
          detached: false,
        })
      : spawn('/bin/sh', ['-c', LIFELINE, 'sh', workerd, ...args], {
          ...options,
          stdio: [...options.stdio],
        })
  // The lifeline breaks if workerd ends first: that is no separate error.
  child.stdin?.on('error', () => {})
  return child
}

function release(child: ChildProcess): void {
  ;(child.stdin as Writable).end('released\n')
}

/** Whichever comes first: the socket, an early exit, or the timeout. */
async function listeningPort(child: ChildProcess, exited: Promise<WorkerdExit>): Promise<number> {
  const settled = new AbortController()
  const tooLate = sleep(LISTEN_TIMEOUT_MS, undefined, { signal: settled.signal }).then(() => {
    throw new GatewayError(
      'GATEWAY_TIMEOUT',
      `workerd did not listen within ${LISTEN_TIMEOUT_MS / 1000} s`,
      'start it again; if the machine is very busy, wait first',
    )
  })
  const tooEarly = exited.then((exit) => {
    throw earlyExit(exit)
  })
  try {
    return await Promise.race([reportedPort(child), tooEarly, tooLate])
  } finally {
    settled.abort()
  }
}

/** workerd reports each socket on the control descriptor: `{"event":"listen","socket":"public","port":8443}`. */
function reportedPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
      const event = JSON.parse(line) as { event: string; port?: number }
      if (event.event === 'listen' && event.port !== undefined) resolve(event.port)
    })
  })
}

function earlyExit(exit: WorkerdExit): GatewayError {
  return new GatewayError(
    'GATEWAY_EXITED',
    `workerd stopped before it listened (${exit.signal ?? `status ${exit.code}`}): ${exit.output}`,
    'read the lines above; workerd needs glibc 2.35 or newer, or macOS 13.5 or newer',
  )
}
