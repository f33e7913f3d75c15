import { countText } from '../../problem/count-text.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { ExportFault } from '../../../protocol/records/export-reader.ts'
import type { ExportHeader } from '../../../protocol/records/export-lines.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import type { DaemonClient } from '../client/daemon-client.ts'
import { readSteps, type FileStep } from './read-steps.ts'

/** Where an export is written to: its header, then whole parts. */
export interface ExportSink {
  write(bytes: Uint8Array): Promise<void>
  /** Takes back what was written; undefined where that is impossible. */
  readonly clear: (() => Promise<void>) | undefined
}

/** How far an export has come. */
export interface Written {
  readonly header: ExportHeader
  readonly cursor: string
  readonly records: number
  /** Bytes. */
  readonly end: number
  readonly isWhole: boolean
}

export interface ExportWanted {
  readonly client: DaemonClient
  readonly sink: ExportSink
  /** What is asked for. */
  readonly query: Readonly<Record<string, string>>
  /** What the sink has already. */
  readonly kept: Written | undefined
  readonly onProgress: (written: Written) => void
  readonly onRemark: (text: string) => void
  readonly signal: AbortSignal
}

const LINES = 'application/x-ndjson'
const RETRY_MS = 1_000
/** Tries in a row that bring nothing new. */
const TRIES = 5
/** The store is not the one of before. */
const OTHER_STORE = new Set(['CURSOR_EPOCH_CHANGED', 'CURSOR_FUTURE', 'INVALID_CURSOR'])

/**
 * Reads an export and writes it part by part, each checked. An answer that breaks off is continued after its last part.
 *
 * @throws CliError EXPORT_CUT, EXPORT_CORRUPT, EXPORT_OF_ANOTHER, what the daemon refuses with, and what the sink throws
 */
export async function writeExport(wanted: ExportWanted): Promise<Written> {
  const { signal, sink, onRemark } = wanted
  let written = wanted.kept
  let tries = 0
  for (;;) {
    const before = written
    try {
      for await (const next of readAnswer(wanted, written)) {
        written = next
        wanted.onProgress(next)
      }
      if (written?.isWhole === true) return written
      throw cut(written)
    } catch (error) {
      signal.throwIfAborted()
      if (before !== undefined && isOther(error)) {
        if (sink.clear === undefined) throw error
        onRemark('what was kept is of another export; beginning anew')
        await sink.clear()
        written = undefined
        continue
      }
      tries = written === before ? tries + 1 : 0
      const passes = error instanceof CliError && error.exitCode === EXIT_CODE.unreachable
      if (!passes || written === undefined) throw error
      if (tries >= TRIES) throw cut(written)
      await sleep(RETRY_MS, undefined, { signal })
    }
  }
}

/** One request; yields how far it has come. Ends where the answer ends, in whatever way. */
async function* readAnswer(
  { client, sink, query, signal }: ExportWanted,
  kept: Written | undefined,
): AsyncGenerator<Written> {
  const place = kept === undefined ? {} : { continue: kept.cursor }
  const path = `/v1/sync/changes?${new URLSearchParams({ ...query, ...place })}`
  const answer = await client.stream(path, { accept: LINES }, signal)
  let written = kept
  try {
    if (answer.headers['content-type'] !== LINES) throw tooOld()
    const chunks = untilCut(answer as AsyncIterable<Uint8Array>)
    for await (const step of readSteps(chunks, { rest: kept?.cursor })) {
      if (step.kind === 'cut') return
      const next = after(written, step)
      const isThere = step.kind === 'header' && kept !== undefined
      if (!isThere) await sink.write(step.raw)
      written = { ...next, end: (written?.end ?? 0) + (isThere ? 0 : step.raw.length) }
      yield written
    }
  } finally {
    answer.destroy()
  }
}

/** Where an export is after a step. @throws CliError EXPORT_CORRUPT, EXPORT_OF_ANOTHER */
function after(written: Written | undefined, step: Exclude<FileStep, { kind: 'cut' }>): Written {
  if (step.kind === 'header') {
    const { header } = step
    if (written === undefined) {
      return { header, cursor: header.since, records: 0, end: 0, isWhole: false }
    }
    if (isDeepStrictEqual(header, written.header)) return written
    throw ofAnother()
  }
  if (step.kind === 'end' || step.fault !== undefined) throw corrupt(step.fault)
  if (written === undefined) throw corrupt(undefined)
  const { next_cursor: cursor, records, has_more } = step.part
  return { ...written, cursor, records: written.records + records, isWhole: !has_more }
}

/** The chunks up to where the connection breaks. */
async function* untilCut(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch {
    // By a daemon that was stopped, or a link that went silent: what came is good up to its last part.
  }
}

function isOther(error: unknown): boolean {
  return (
    error instanceof CliError && (OTHER_STORE.has(error.code) || error.code === 'EXPORT_OF_ANOTHER')
  )
}

function cut(written: Written | undefined): CliError {
  return new CliError(
    'EXPORT_CUT',
    `the daemon ended the export before everything was read; ${countText(written?.records ?? 0, 'record')} came`,
    'run the same command again once it runs, and it goes on from there: spl serve --daemon',
    EXIT_CODE.unreachable,
  )
}

function corrupt(fault: ExportFault | undefined): CliError {
  return new CliError(
    'EXPORT_CORRUPT',
    `the answer is not what the daemon signed: ${fault?.message ?? 'it has no header'}`,
    'run the same command again; if it stays, something between here and the daemon changes answers',
  )
}

function ofAnother(): CliError {
  return new CliError(
    'EXPORT_OF_ANOTHER',
    'the daemon now answers with another export than the one that was begun',
    'run the same command again from the beginning',
  )
}

function tooOld(): CliError {
  return new CliError(
    'EXPORT_UNKNOWN',
    'this daemon gives no exports: it is older than this command',
    'upgrade spl on the daemon’s machine',
  )
}
