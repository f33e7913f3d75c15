import { hash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/** How far a store had come, as remembered outside its file. */
export interface LineageMark {
  /** The epoch of the store; empty while there was none. */
  readonly epoch: string
  /** The highest sequence number that was acknowledged. */
  readonly seq: number
  /** The id of the record there, 64 hex digits, the last ones perhaps zeros; empty for none. */
  readonly id: string
  /** When that was, Unix time in milliseconds. */
  readonly at: number
}

interface Slot {
  /** Of two slots the one with the greater number is the newer. */
  readonly n: number
  readonly mark: LineageMark
}

/** The offset of each part of a slot: n, seq and at as doubles, epoch and id as bytes, then the digest over all of it. */
const N = 0
const SEQ = 8
const AT = 16
const EPOCH = 24
const ID = 32
const DIGEST = 64
const WRITTEN_BYTES = 80

/** Two slots, written in turn, each in its own sector: a power cut during one write leaves the other. */
const SLOT_BYTES = 512
const SLOTS = 2

/**
 * The file outside the store that remembers how far the store had come. It is written after each commit, without a flush:
 * a killed process leaves it at most one commit behind, a power cut some seconds, and it is never ahead of what is
 * durable. Its name is not `hub.db*`, so that a copy of those files does not include it.
 */
export class LineageFile {
  readonly #file: number
  readonly #slot = Buffer.alloc(WRITTEN_BYTES)
  #count: number
  #mark: LineageMark | undefined

  /** @throws the system's error if the file cannot be opened or made */
  constructor(path: string) {
    const found = readSlots(path)
    this.#count = found?.n ?? 0
    this.#mark = found?.mark
    this.#file = openSync(path, found === undefined ? 'w+' : 'r+', 0o600)
  }

  /** What it remembers; undefined for a new file, and for a damaged one. */
  get mark(): LineageMark | undefined {
    return this.#mark
  }

  /** Remembers a mark instead of the previous one. @throws the system's error */
  note(mark: LineageMark): void {
    const n = this.#count + 1
    const slot = this.#slot
    slot.writeDoubleBE(n, N)
    slot.writeDoubleBE(mark.seq, SEQ)
    slot.writeDoubleBE(mark.at, AT)
    slot.fill(0, EPOCH, DIGEST)
    slot.write(mark.epoch, EPOCH, 'hex')
    slot.write(mark.id, ID, 'hex')
    digest(slot).copy(slot, DIGEST, 0, WRITTEN_BYTES - DIGEST)
    writeSync(this.#file, slot, 0, WRITTEN_BYTES, (n % SLOTS) * SLOT_BYTES)
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

/** What a lineage file remembers, without opening it for writing; undefined if it is missing or damaged. */
export function readLineage(path: string): LineageMark | undefined {
  return readSlots(path)?.mark
}

function readSlots(path: string): Slot | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  // The last slot is written first: a shorter file was cut, and may lack the newest mark.
  if (bytes.length <= (SLOTS - 1) * SLOT_BYTES) return undefined
  const slots = Array.from({ length: SLOTS }, (_, at) =>
    readSlot(bytes.subarray(at * SLOT_BYTES, at * SLOT_BYTES + WRITTEN_BYTES)),
  )
  return slots.filter((slot) => slot !== undefined).toSorted((a, b) => b.n - a.n)[0]
}

/** The digest shows that it is complete. */
function readSlot(slot: Buffer): Slot | undefined {
  if (slot.length < WRITTEN_BYTES) return undefined
  if (
    !digest(slot)
      .subarray(0, WRITTEN_BYTES - DIGEST)
      .equals(slot.subarray(DIGEST))
  ) {
    return undefined
  }
  const [epoch, id] = [hexOrEmpty(slot.subarray(EPOCH, ID)), hexOrEmpty(slot.subarray(ID, DIGEST))]
  const mark = { epoch, seq: slot.readDoubleBE(SEQ), id, at: slot.readDoubleBE(AT) }
  return { n: slot.readDoubleBE(N), mark }
}

/** Zeros stand for none. */
function hexOrEmpty(bytes: Buffer): string {
  return bytes.some((byte) => byte !== 0) ? bytes.toString('hex') : ''
}

function digest(slot: Buffer): Buffer {
  return hash('sha256', slot.subarray(0, DIGEST), 'buffer')
}
