import { LIMITS } from '../../../protocol/limits.ts'
import { CliError } from '../cli-error.ts'
import type { Imported, ImportWanted } from './import-file.ts'
import { ImportNeeds } from './import-needs.ts'
import { placeIn } from './line-place.ts'
import { splitLines } from './split-lines.ts'
import { LineTaker, type LineToTake } from './take-lines.ts'

const BLANK = /^\s*$/u

/**
 * Takes in lines that are records alone, as `POST /v1/records` does: new ones, which the daemon signs, or signed ones. No header
 * says what there should be, so only each line by itself can be judged.
 *
 * @param ahead the same lines, where they can be read twice: what they need is asked for before any is sent
 * @param onSaved called with the number of a line, once all up to it have an outcome
 * @throws CliError IMPORT_CUT
 */
export async function importLines(
  chunks: AsyncIterable<Uint8Array>,
  wanted: ImportWanted,
  ahead: AsyncIterable<Uint8Array> | undefined,
  onSaved: (line: number) => void,
): Promise<Imported> {
  const { client, isDry, batchBytes, rejected, progress, onSending, onRemark, signal } = wanted
  // A new record without a clock gets the next one: sent again, it would be there twice.
  const taker = new LineTaker({ client, isDry, rejected, signal, isOnce: !isDry })
  let waiting: LineToTake[] = []
  let bytes = 0
  let number = 0
  let records = 0
  const needs = await ImportNeeds.of(client)
  if (ahead !== undefined) {
    const unread = await seeAll(ahead, needs)
    await needs.require(signal).catch((error: unknown) => {
      if (unread !== undefined) onRemark(unread)
      throw error
    })
  }
  if (!isDry) onSending()

  async function send(): Promise<void> {
    const lines = waiting
    waiting = []
    bytes = 0
    if (ahead === undefined) {
      for (const { bytes: one, line } of lines) {
        const place = placeIn(one)
        if (place !== undefined) needs.see(place, line)
      }
      await needs.require(signal, taker.isBegun)
    }
    await taker.take(lines).catch((error: unknown) => {
      throw isCut(error) ? unknownLines(lines) : error
    })
    onSaved(number)
    progress.count(records)
  }

  for await (const lines of splitLines(chunks, LIMITS.exportLineBytes)) {
    for (const line of lines) {
      number += 1
      const one = line.bytes && withoutMark(line.bytes, number)
      if (one !== undefined && isBlank(one)) continue
      records += 1
      if (one === undefined) {
        await taker.reject(tooLong(number), undefined)
        continue
      }
      if (bytes > 0 && bytes + one.length > batchBytes) await send()
      waiting.push({ line: number, bytes: one })
      bytes += one.length + 1
    }
    signal.throwIfAborted()
  }
  await send()
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
): Promise<string | undefined> {
  let number = 0
  let first: number | undefined
  let unread = 0
  for await (const lines of splitLines(chunks, LIMITS.exportLineBytes)) {
    for (const { bytes } of lines) {
      number += 1
      const one = bytes && withoutMark(bytes, number)
      if (one === undefined || isBlank(one)) continue
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

function isCut(error: unknown): boolean {
  return error instanceof CliError && error.code === 'IMPORT_CUT'
}

function unknownLines(lines: readonly LineToTake[]): CliError {
  const [first, last] = [lines.at(0)?.line, lines.at(-1)?.line]
  return new CliError(
    'IMPORT_CUT',
    `the daemon broke off: what became of lines ${first} to ${last} is not known; all before are saved`,
    'look whether they are there; those that name their clock may be sent again without harm',
  )
}
