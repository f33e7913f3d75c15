import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Somebody who has just got this machine: an empty HOME, an empty directory to stand in, nothing in the environment. */
export interface CleanUser {
  readonly directory: string
  /** Runs a program of the given directories to its end. */
  run(bins: readonly string[], program: string, args: readonly string[]): Promise<Run>
  /** `spl …` to its end; fails unless it exits with 0. */
  spl(bins: readonly string[], ...args: readonly string[]): Promise<Run>
  /** The same with `--json`: the object on stdout. */
  json<Answer>(bins: readonly string[], ...args: readonly string[]): Promise<Answer>
  /** Starts `spl …` and leaves it running. */
  start(bins: readonly string[], ...args: readonly string[]): ChildProcess
  /** What lies beside HOME: the working directory and the temporary one. Empty, if nothing was left. */
  litter(): readonly string[]
  [Symbol.dispose](): void
}

export function aCleanUser(): CleanUser {
  const directory = mkdtempSync(join(tmpdir(), 'spl-user-'))
  const [home, work, temporary] = ['home', 'work', 'tmp'].map((name) => join(directory, name))
  for (const path of [home, work, temporary]) mkdirSync(path ?? '')

  function launch(bins: readonly string[], program: string, args: readonly string[]): ChildProcess {
    const path = [...bins, '/usr/bin', '/bin'].join(delimiter)
    // Found by its name, as a shell finds it: env has the PATH of the new process.
    return spawn('/usr/bin/env', [program, ...args], {
      cwd: work,
      env: { PATH: path, HOME: home, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  async function run(...line: Parameters<typeof launch>): Promise<Run> {
    const child = launch(...line)
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout as Readable),
      text(child.stderr as Readable),
      once(child, 'close') as Promise<[number | null]>,
    ])
    return { code, stdout, stderr }
  }

  async function spl(bins: readonly string[], ...args: readonly string[]): Promise<Run> {
    const ended = await run(bins, 'spl', args)
    if (ended.code !== 0) {
      throw new Error(
        `spl ${args.join(' ')}: exit code ${ended.code}\n${ended.stdout}${ended.stderr}`,
      )
    }
    return ended
  }

  return {
    directory,
    run,
    spl,
    json: async <Answer>(bins: readonly string[], ...args: readonly string[]) =>
      JSON.parse((await spl(bins, ...args, '--json')).stdout) as Answer,
    start: (bins, ...args) => launch(bins, 'spl', args),
    litter: () => [work, temporary].flatMap((path) => readdirSync(path ?? '')),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}
