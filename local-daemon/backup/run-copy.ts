import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ProvedCopy } from './copy/copy-store.ts'
import { BACKUP_LIMITS } from './limits.ts'

/** Why there is no copy, as its process tells it. */
export interface CopyFault {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly try?: string
}

/** After what is served, before what has no hurry at all. */
const NICE = 5
const STDERR_CHARACTERS = 500

/**
 * Runs `copyStore` in a process of its own, at a lower priority. Resolves once the copy is proved, or with why there is none. An abort
 * kills it, and leaves a part of the target.
 */
export async function runCopy(
  source: string,
  target: string,
  signal: AbortSignal,
): Promise<ProvedCopy | { readonly fault: CopyFault }> {
  const child = spawn(process.execPath, [script(), source, target], {
    // Nothing is written to its input: that it ends says that this process did.
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment(),
  })
  lowerPriority(child.pid)
  const ended = AbortSignal.any([signal, AbortSignal.timeout(BACKUP_LIMITS.copyMs)])
  function kill(): void {
    child.kill('SIGKILL')
  }
  ended.addEventListener('abort', kill, { once: true })
  if (ended.aborted) kill()
  try {
    const closed = once(child, 'close') as Promise<[number | null, string | null]>
    const [said, complaint, [code, killedBy]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      closed,
    ])
    return parse(said) ?? { fault: { name: 'Error', message: whyNone(complaint, code, killedBy) } }
  } finally {
    ended.removeEventListener('abort', kill)
  }
}

function whyNone(complaint: string, code: number | null, killedBy: string | null): string {
  const how = killedBy === null ? `ended with ${code}` : `was ended by ${killedBy}`
  return `the process that copies the store ${how}: ${complaint.slice(-STDERR_CHARACTERS).trim()}`
}

function parse(said: string): ProvedCopy | { readonly fault: CopyFault } | undefined {
  try {
    const answer = JSON.parse(said) as { copy?: ProvedCopy; fault: CopyFault }
    return answer.copy ?? answer
  } catch {
    return undefined
  }
}

/** By its way from the root, which is the same in the sources, in the package and in one bundle. */
function script(): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const path = `../../local-daemon/backup/copy/copy-process.${ending}`
  return fileURLToPath(new URL(path, import.meta.url))
}

/** Nothing of ours: a secret in a variable is nothing that this process needs. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:SPL|SYNCROPEL)_/u.test(name))
  return Object.fromEntries(kept)
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, NICE)
  } catch {
    // It has ended already, or may not: it copies all the same.
  }
}
