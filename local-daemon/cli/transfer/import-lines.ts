import { LIMITS } from '../../../protocol/limits.ts'
import type { Imported, ImportWanted } from './import-file.ts'
import { ImportNeeds } from './import-needs.ts'
import { placeIn } from './line-place.ts'
import { splitLines } from './split-lines.ts'
import { stoppedLines } from './stopped-lines.ts'
import { LineTaker, type LineToTake } from './take-lines.ts'
import { untilAborted } from './until-aborted.ts'

const BLANK = /^\s*$/u

/** Milliseconds that lines on their way have after Ctrl-C: once the daemon has told of them, it is known where to go on. */
const LAST_MS = 5_000

export interface LinesWanted extends ImportWanted {
  /** From 1; lines before it are left out. */
  readonly fromLine: number
  /** The same lines, where they can be read twice: what they need is asked for before any is sent. */
  readonly ahead: AsyncIterable<Uint8Array> | undefined
  /** The command that goes on from a line. */
  readonly again: (line: string) => string
}

/**
 * Takes in lines that are records alone, as `POST /v1/records` does: new ones, which the daemon signs, or signed ones. No header
 * says what there should be, so only each line by itself can be judged. Whatever stops it says from which line to go on.
 *
 * @throws CliError as `stoppedLines`
 */
export async function importLines(
  chunks: AsyncIterable<Uint8Array>,
  wanted: LinesWanted,
): Promise<Imported> {
  const { client, isDry, batchBytes, rejected, progress, onSending, onRemark, signal } = wanted
  const { fromLine, ahead, again } = wanted
  const taker = new LineTaker({ client, isDry, rejected, signal: soonAfter(signal) })
  let waiting: LineToTake[] = []
  let sent: readonly LineToTake[] = []
  let bytes = 0
  let number = 0
  let records = 0
  const needs = await ImportNeeds.of(client)
  if (ahead !== undefined) {
    const unread = await seeAll(untilAborted(ahead, signal), needs, fromLine)
    await needs.require(signal).catch((error: unknown) => {
      if (unread !== undefined) onRemark(unread)
      throw error
    })
  }
  if (!isDry) onSending()

  async function send(): Promise<void> {
    signal.throwIfAborted()
    const places = waiting.map((line) => placeIn(line.bytes))
    if (ahead === undefined) {
      for (const [n, place] of places.entries()) {
        if (place !== undefined) needs.see(place, waiting[n]?.line ?? number)
      }
      await needs.require(signal, taker.isBegun)
    }
    sent = waiting
    waiting = []
    bytes = 0
    // A new record without a clock gets the next one: sent again, it would be there twice.
    await taker.take(sent, !isDry && places.some((place) => place?.isFoundAgain === false))
    progress.count(records)
  }

  async function take(): Promise<void> {
    const from = untilAborted(chunks, signal)
    for await (const lines of splitLines(from, LIMITS.exportLineBytes)) {
      for (const line of lines) {
        number += 1
        if (number < fromLine) continue
        const one = line.bytes && withoutMark(line.bytes, number)
        if (one !== undefined && isBlank(one)) continue
        records += 1
        // In the order of lines: all up to one have an outcome, and those after it have none.
        if (one === undefined || (bytes > 0 && bytes + one.length > batchBytes)) await send()
        if (one === undefined) {
          await taker.reject(tooLong(number), undefined)
          continue
        }
        waiting.push({ line: number, bytes: one })
        bytes += one.length + 1
      }
    }
    await send()
  }

  try {
    await take()
  } catch (error) {
    if (isDry) throw error
    const { line, counts } = taker
    const open = sent.filter((one) => one.line > line)
    throw stoppedLines(error, { line, counts, sent: open, again })
  }
  return { header: undefined, records, faults: [], taker }
}

/**
 * Sees what all lines need.
 *
 * @returns a word about lines that are not JSON, so that whoever corrects the file corrects those too
 */
async function seeAll(
  chunks: AsyncIterable<Uint8Array>,
  needs: ImportNeeds,
  fromLine: number,
): Promise<string | undefined> {
  let number = 0
  let first: number | undefined
  let unread = 0
  for await (const lines of splitLines(chunks, LIMITS.exportLineBytes)) {
    for (const { bytes } of lines) {
      number += 1
      const one = bytes && withoutMark(bytes, number)
      if (number < fromLine || one === undefined || isBlank(one)) continue
      const place = placeIn(one)
      if (place !== undefined) {
        needs.see(place, number)
        continue
      }
      first ??= number
      unread += 1
    }
  }
  if (first === undefined) return undefined
  return `line ${first}${unread === 1 ? '' : ` and ${unread - 1} more`}: not JSON, and would be refused`
}

function isBlank(line: Uint8Array): boolean {
  return BLANK.test(Buffer.from(line.buffer, line.byteOffset, line.length).toString('latin1'))
}

/** A signal that aborts a while after another one. */
function soonAfter(signal: AbortSignal): AbortSignal {
  const late = new AbortController()
  const wait = () => setTimeout(() => late.abort(signal.reason), LAST_MS).unref()
  signal.addEventListener('abort', wait, { once: true })
  return late.signal
}

/** A byte order mark at the beginning of a file is no part of its first line. */
function withoutMark(bytes: Uint8Array, line: number): Uint8Array {
  const isMarked = line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return isMarked ? bytes.subarray(3) : bytes
}

function tooLong(line: number) {
  return {
    line,
    code: 'RECORD_TOO_LARGE',
    field: undefined,
    message: `the line has more than ${LIMITS.exportLineBytes} bytes`,
    try: 'keep large content elsewhere, and refer to it',
  }
}
