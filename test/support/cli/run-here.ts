import { Readable, Writable } from 'node:stream'
import { nameHome } from '../../../local-daemon/cli/output/for-this-home.ts'
import { runSpl } from '../../../local-daemon/cli/spl.ts'
import { runSpl as runInProcess, type SplEnvironment, type SplRun } from './run-spl.ts'

/** Commands share the environment, the exit code and the streams of this process: one after the other. */
let before: Promise<unknown> = Promise.resolve()

/**
 * Runs one command to its end in this process, for tests of what it says and does: a process of its own takes a tenth of a
 * second of a core, and more. `runSpl` of run-spl.ts is for commands that get input or a signal, start processes, or end their own.
 */
export function runHere(args: readonly string[], where: SplEnvironment): Promise<SplRun> {
  const run = before.then(() => runAlone(args, where))
  before = run.catch(() => {})
  return run
}

/** Runs what starts daemons, gateways or services in a process of its own, and every other command here. */
export function runFitting(args: readonly string[], where: SplEnvironment): Promise<SplRun> {
  const [command = ''] = args
  const only = args.includes('--stop') || args.includes('--status')
  const starts = command === 'serve' ? !only : ['try', 'gateway', 'expose'].includes(command)
  // Node.js reads these once, at its own start.
  const asks = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'].some((name) => name in (where.env ?? {}))
  return starts || asks ? runInProcess(args, where) : runHere(args, where)
}

async function runAlone(args: readonly string[], { home, env }: SplEnvironment): Promise<SplRun> {
  const { exitCode } = process
  const outer = { ...process.env }
  const hangUps = process.listeners('SIGHUP')
  const inherited = Object.entries(outer).filter(([name]) => !/^(SPL|SYNCROPEL)_/u.test(name))
  const [stdout, stderr] = [new Kept(), new Kept()]
  const streams = { stdout, stderr, stdin: Readable.from([]) }
  const outerStreams = Object.keys(streams).map(
    (name) => [name, Object.getOwnPropertyDescriptor(process, name) ?? {}] as const,
  )
  for (const [name, value] of Object.entries(streams)) {
    Object.defineProperty(process, name, { value, configurable: true })
  }
  setEnvironment({ ...Object.fromEntries(inherited), SYNCROPEL_HOME: home, ...env })
  process.exitCode = undefined
  nameHome(undefined, [])
  try {
    await runSpl(['node', 'spl', ...args])
    return { code: Number(process.exitCode ?? 0), stdout: stdout.text, stderr: stderr.text }
  } finally {
    for (const [name, descriptor] of outerStreams) Object.defineProperty(process, name, descriptor)
    process.exitCode = exitCode
    setEnvironment(outer)
    for (const listener of process.listeners('SIGHUP')) {
      if (!hangUps.includes(listener)) process.off('SIGHUP', listener)
    }
  }
}

/** In place: otherwise Node.js does not notice another `TZ`. */
function setEnvironment(wanted: Readonly<NodeJS.ProcessEnv>): void {
  for (const name of Object.keys(process.env)) {
    if (wanted[name] === undefined) delete process.env[name]
  }
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== undefined && process.env[name] !== value) process.env[name] = value
  }
}

/** A stream that keeps what is written; no terminal. */
class Kept extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.#chunks.push(chunk)
    written()
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}
