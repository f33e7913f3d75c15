import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { note } from '../../output/output.ts'
import { printable } from '../../output/printable.ts'
import { findWrangler } from './find-wrangler.ts'
import { wranglerEnvironment } from './wrangler-environment.ts'
import { wranglerFailure } from './wrangler-failure.ts'

/** Last lines that are kept to explain a failure; the cause stands long before the end. */
const KEPT_LINES = 400
/** Milliseconds of silence after which a person is told that it still works. */
const PATIENCE_MS = 10_000

export interface WranglerCall {
  readonly directory: string
  readonly args: readonly string[]
  /** Where the lines of its stdout go; unless told, they are progress, as those of its stderr. */
  readonly onLine?: (line: string) => void
  /** Say nothing of what it writes: the answer is for us. */
  readonly quiet?: boolean
  /** Ends it in order. */
  readonly signal?: AbortSignal
}

/** What wrangler has said, without colours. */
export interface WranglerAnswer {
  readonly stdout: string
  /** The entries of its machine-readable report, `WRANGLER_OUTPUT_FILE_PATH`. */
  readonly report: readonly WranglerEntry[]
}

export interface WranglerEntry {
  readonly type: string
  readonly targets?: readonly string[]
  readonly version_id?: string | null
}

/**
 * Runs wrangler in a project without asking anybody anything. What it writes goes to stderr line by line, and the token
 * nowhere: it is in the environment only, and blotted out should it come back in a line.
 *
 * @throws CliError a stable code for what went wrong
 */
export async function runWrangler(call: WranglerCall): Promise<WranglerAnswer> {
  const wrangler = findWrangler(call.directory)
  const folder = await mkdtemp(join(tmpdir(), 'spl-wrangler-'))
  const reportFile = join(folder, 'report.ndjson')
  using _folder = removedWhenLeft(folder)
  try {
    const child = spawn(wrangler.program, [...wrangler.args, ...call.args], {
      cwd: call.directory,
      env: wranglerEnvironment(process.env, reportFile),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(call.signal && { signal: call.signal, killSignal: 'SIGTERM' }),
    })
    const lines = new LineKeeper(process.env)
    const stdout: string[] = []
    const started = performance.now()
    let heard = started
    const waiting = setInterval(() => {
      if (call.quiet || performance.now() - heard < PATIENCE_MS) return
      heard = performance.now()
      note(`${wrangler.name} is still working after ${Math.round((heard - started) / 1000)} s`)
    }, PATIENCE_MS)
    const show = (line: string): void => {
      if (!call.quiet) note(line)
    }
    const reading = [
      readLines(child.stdout, (raw) => {
        heard = performance.now()
        const line = lines.keep(raw)
        stdout.push(line)
        ;(call.onLine ?? show)(line)
        if (stdout.length > KEPT_LINES && call.onLine) stdout.shift()
      }),
      readLines(child.stderr, (raw) => {
        heard = performance.now()
        show(lines.keep(raw))
      }),
    ]
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', (error) => {
        lines.keep(error.message)
        resolve(null)
      })
      child.once('close', resolve)
    })
    clearInterval(waiting)
    await Promise.all(reading)
    if (code !== 0 && !call.signal?.aborted) throw wranglerFailure(lines.text(), wrangler)
    return { stdout: stdout.join('\n'), report: await entries(reportFile) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Ctrl-C ends this process without a `finally`: the folder goes then too. */
function removedWhenLeft(folder: string): Disposable {
  const leave = (signal: NodeJS.Signals): void => {
    rmSync(folder, { recursive: true, force: true })
    // A command that follows a log stops cleanly with its own handler.
    if (process.listenerCount(signal) === 1) process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.on('SIGINT', leave).on('SIGTERM', leave)
  return {
    [Symbol.dispose]() {
      process.off('SIGINT', leave).off('SIGTERM', leave)
    },
  }
}

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  const reader = createInterface({ input: stream })
  reader.on('line', onLine)
  return new Promise((resolve) => {
    reader.once('close', resolve)
  })
}

/** The last lines, cleaned: what a program writes must not rewrite the terminal, nor tell the token. */
class LineKeeper {
  readonly #lines: string[] = []
  readonly #secrets: readonly string[]

  constructor(env: NodeJS.ProcessEnv) {
    this.#secrets = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_KEY', 'CF_API_TOKEN', 'CF_API_KEY']
      .map((name) => env[name] ?? '')
      .filter((secret) => secret.length >= 8)
  }

  keep(raw: string): string {
    let line = printable(stripVTControlCharacters(raw))
    for (const secret of this.#secrets) line = line.replaceAll(secret, '[token]')
    this.#lines.push(line)
    if (this.#lines.length > KEPT_LINES) this.#lines.shift()
    return line
  }

  text(): string {
    return this.#lines.join('\n')
  }
}

async function entries(path: string): Promise<WranglerEntry[]> {
  try {
    const lines = (await readFile(path, 'utf8')).trim().split('\n')
    return lines.map((line) => JSON.parse(line) as WranglerEntry)
  } catch {
    return []
  }
}
