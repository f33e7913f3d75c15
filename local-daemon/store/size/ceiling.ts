import { ProblemError } from '../../problem/problem-error.ts'
import { CONFIG_THREAD, isWrittenByDaemon } from '../daemon-threads.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { SizeMeter } from './store-size.ts'

/**
 * The size that the owner allows. At it, records are refused; reads go on, and so does what the daemon writes for itself
 * (accounts, namespaces, audit, redactions), and settings, with which the ceiling is raised.
 */
export class Ceiling {
  readonly #meter: SizeMeter
  /** Bytes; null: as large as the disk lets it be. */
  bytes: number | null = null

  constructor(meter: SizeMeter) {
    this.#meter = meter
  }

  get reached(): boolean {
    return this.bytes !== null && this.#meter.used >= this.bytes
  }

  /**
   * For one transaction.
   * @returns is called before each record is written, and throws `ProblemError` `STORE_CEILING_REACHED` for a record that would not fit
   */
  forTransaction(): (thread: string, bytes: number) => void {
    let used: number | undefined
    return (thread, bytes) => {
      if (this.bytes === null || isNeeded(thread, bytes)) return
      const next = (used ?? this.#meter.used) + bytes
      if (next > this.bytes) throw reached(this.bytes)
      used = next
    }
  }
}

/** Whether its owner must be able to write it into a full store. Who may write there may raise the ceiling too. */
function isNeeded(thread: string, bytes: number): boolean {
  if (thread === CONFIG_THREAD) return bytes <= STORE_LIMITS.settingBytes
  return isWrittenByDaemon(thread)
}

function reached(bytes: number): ProblemError {
  return new ProblemError(
    'STORE_CEILING_REACHED',
    `The store has the ${bytes} bytes that its owner allows`,
    { try: 'Its owner raises the limit: spl config set store_ceiling_bytes 20GiB' },
  )
}
