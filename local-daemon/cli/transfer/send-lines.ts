import { setTimeout as sleep } from 'node:timers/promises'
import { type Problem, PROBLEM_STATUS } from '../../../protocol/http/problem.ts'
import { CliError } from '../cli-error.ts'
import type { DaemonClient } from '../client/daemon-client.ts'
import { refusal } from '../client/refusal.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { splitLines } from './split-lines.ts'

/** What became of one line. */
export interface Outcome {
  /** From 1, within what was sent. */
  readonly line: number
  readonly outcome: 'accepted' | 'duplicate' | 'rejected'
  readonly id?: string | null
  readonly code?: string
  readonly message?: string
  readonly field?: string
  readonly try?: string
}

/** How lines are sent. */
export interface HowToSend {
  readonly signal: AbortSignal
  /** They may not be sent again: a new record without a clock would be there twice. */
  readonly isOnce?: boolean
  /** Filled with the outcomes, also with those that came before an error. */
  readonly told?: Outcome[]
}

const RETRY_MS = 1_000
const TRIES = 5
/** Longest line of an answer, bytes. */
const OUTCOME_BYTES = 64 * 1024
const LINE_FEED = Uint8Array.of(0x0a)

/**
 * Sends lines of records in one request, and returns what became of each. An answer that is cut means that it is unknown, so
 * all are sent again: those that had arrived are duplicates then.
 *
 * @throws CliError what the daemon refuses with, or IMPORT_CUT if it cannot be reached
 */
export async function sendLines(
  client: DaemonClient,
  path: string,
  lines: readonly Uint8Array[],
  { signal, isOnce, told = [] }: HowToSend,
): Promise<readonly Outcome[]> {
  const body = Buffer.concat(lines.flatMap((line) => [line, LINE_FEED]))
  const request = { path, body, count: lines.length }
  for (let tries = 1; ; tries += 1) {
    try {
      told.length = 0
      await sendOnce(client, request, signal, told)
      return told
    } catch (error) {
      signal.throwIfAborted()
      const passes = error instanceof CliError && error.exitCode === EXIT_CODE.unreachable
      if (!passes || isOnce) throw error
      // It was there a moment ago: who imports has asked it before.
      if (tries === TRIES) throw cut(error)
      await sleep(RETRY_MS, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

interface LinesRequest {
  readonly path: string
  readonly body: Uint8Array
  /** How many lines it has. */
  readonly count: number
}

async function sendOnce(
  client: DaemonClient,
  { path, body, count }: LinesRequest,
  signal: AbortSignal,
  outcomes: Outcome[],
): Promise<void> {
  const answer = await client.postLines(path, body, signal)
  try {
    for await (const lines of splitLines(answer as AsyncIterable<Uint8Array>, OUTCOME_BYTES)) {
      for (const { bytes } of lines) {
        const value = JSON.parse(String(Buffer.from(bytes ?? []))) as Outcome & { object?: string }
        if (value.object === undefined) outcomes.push(value)
        else if (value.object === 'error') throw refused(value as Partial<Problem>)
        else if (value.object === 'bulk_summary' && outcomes.length === count) return
        else throw cut()
      }
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    signal.throwIfAborted()
    throw cut()
  } finally {
    answer.destroy()
  }
  throw cut()
}

/** The daemon ended it, and says why: what has an outcome is saved. */
function refused(problem: Partial<Problem>): CliError {
  const { code } = problem
  return refusal(code === undefined ? 500 : PROBLEM_STATUS[code], problem)
}

function cut(cause?: unknown): CliError {
  return new CliError(
    'IMPORT_CUT',
    'the daemon broke off before it had told what became of every record',
    'run the same command again once it runs, and it goes on from there: spl serve --daemon',
    EXIT_CODE.unreachable,
    { cause },
  )
}
