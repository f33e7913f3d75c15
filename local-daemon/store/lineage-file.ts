import { hash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/** How far a store had come, as something outside its file remembers it. */
export interface LineageMark {
  /** The epoch of the store; empty while there was none. */
  readonly epoch: string
  /** The highest sequence number that was acknowledged. */
  readonly seq: number
  /** The id of the record there, 64 hex digits; empty for none. */
  readonly id: string
  /** When that was, Unix time in milliseconds. */
  readonly at: number
  /** What the database file held then, as `contentOf` tells it; empty where its log was folded into it whole. */
  readonly file?: string
}

interface Slot extends LineageMark {
  /** Of two slots the one with the greater number is the newer. */
  readonly n: number
}

/** Two slots, written in turn, each in a sector of its own: a power cut in the middle of one leaves the other. */
const SLOT_BYTES = 512
const SLOTS = 2

/**
 * The file outside the store that remembers how far the store had come. It is written after each commit, without a flush:
 * a killed process leaves it at most one commit behind, a power cut some seconds, and nothing leaves it ahead of what is
 * durable. It has another name than `hub.db*`, so that a copy of these files does not bring it along.
 */
export class LineageFile {
  readonly #file: number
  #count: number
  #mark: LineageMark | undefined

  /** @throws what the system says of a file that cannot be opened or made */
  constructor(path: string) {
    const found = readSlots(path)
    this.#count = found?.n ?? 0
    this.#mark = found
    this.#file = openSync(path, found === undefined ? 'w+' : 'r+', 0o600)
  }

  /** What it remembers; undefined for a new file, and for a damaged one. */
  get mark(): LineageMark | undefined {
    return this.#mark
  }

  /** Remembers a mark in place of the one before. @throws what the system says */
  note(mark: LineageMark): void {
    const n = this.#count + 1
    const { epoch, seq, id, at, file = '' } = mark
    const text = JSON.stringify({ n, epoch, seq, id, at, file })
    const slot = `${text} ${digest(text)}`.padEnd(SLOT_BYTES - 1).concat('\n')
    writeSync(this.#file, slot, (n % SLOTS) * SLOT_BYTES)
    this.#count = n
    this.#mark = mark
  }

  /** Flushes and closes it. */
  close(): void {
    try {
      fsyncSync(this.#file)
    } finally {
      closeSync(this.#file)
    }
  }
}

/** What a lineage file remembers, without opening it for writing; undefined if there is none, or a damaged one. */
export function readLineage(path: string): LineageMark | undefined {
  return readSlots(path)
}

function readSlots(path: string): Slot | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const slots = Array.from({ length: SLOTS }, (_, at) =>
    readSlot(bytes.subarray(at * SLOT_BYTES, (at + 1) * SLOT_BYTES).toString('latin1')),
  )
  return slots.filter((slot) => slot !== undefined).toSorted((a, b) => b.n - a.n)[0]
}

/** The digest tells that it is whole, and so that it has the form in which it was written. */
function readSlot(text: string): Slot | undefined {
  const [, json = '', sum] = /^(\{[^}]*\}) ([0-9a-f]{16}) *\n$/u.exec(text) ?? []
  if (sum === undefined || sum !== digest(json)) return undefined
  return JSON.parse(json) as Slot
}

function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 16)
}
