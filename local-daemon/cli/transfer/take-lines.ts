import type { DaemonClient } from '../client/daemon-client.ts'
import type { RejectedLine } from './check-line.ts'
import type { RejectedLines } from './rejected-lines.ts'
import { sendLines, type HowToSend, type Outcome } from './send-lines.ts'

/** A line that is to be taken in. */
export interface LineToTake {
  /** In its file, from 1. */
  readonly line: number
  readonly bytes: Uint8Array
}

/** What became of the lines so far. */
export interface Counts {
  readonly accepted: number
  readonly duplicate: number
  readonly rejected: number
  /** Redacted where they come from, or here: nobody can take them in, and nothing is wrong with the file. */
  readonly redacted: number
}

const REDACTED = 'RECORD_REDACTED'
/** Advice for programs that speak HTTP themselves. */
const HTTP_WORDS = /\bcurl\b|openapi\.json|\bGET \//u

/** Gives lines to the daemon, with the place in the file that is reached with the last of them. */
export class LineTaker {
  readonly #client: DaemonClient
  readonly #path: string
  readonly #rejected: RejectedLines
  readonly #how: HowToSend
  #counts: Counts = { accepted: 0, duplicate: 0, rejected: 0, redacted: 0 }
  #line = 0

  /** @param isDry asks what would become of each line, and writes nothing */
  constructor(
    options: HowToSend & {
      readonly client: DaemonClient
      readonly isDry: boolean
      readonly rejected: RejectedLines
    },
  ) {
    this.#client = options.client
    this.#path = options.isDry ? '/v1/records?dry_run=true' : '/v1/records'
    this.#rejected = options.rejected
    this.#how = options
  }

  get counts(): Counts {
    return this.#counts
  }

  /** The last line that has an outcome; 0: none. */
  get line(): number {
    return this.#line
  }

  /** Whether some lines are there now. */
  get isBegun(): boolean {
    return this.#counts.accepted + this.#counts.duplicate > 0
  }

  /**
   * Sends lines and counts what became of them, also of those before an error.
   *
   * @param isOnce they may not be sent again
   * @throws CliError as `sendLines`, OUT_NOT_WRITABLE
   */
  async take(lines: readonly LineToTake[], isOnce = false): Promise<void> {
    if (lines.length === 0) return
    const bytes = lines.map((line) => line.bytes)
    const told: Outcome[] = []
    try {
      await sendLines(this.#client, this.#path, bytes, { ...this.#how, isOnce, told })
    } finally {
      await this.#count(lines, told)
    }
  }

  /** Counts all of them, even where those that are refused cannot be written: the daemon has the others. */
  async #count(lines: readonly LineToTake[], told: readonly Outcome[]): Promise<void> {
    let failed: { readonly error: unknown } | undefined
    for (const outcome of told) {
      const line = lines[outcome.line - 1]
      if (line === undefined) continue
      if (outcome.outcome === 'rejected') {
        await this.reject(rejectedBy(outcome, line), line.bytes).catch((error: unknown) => {
          failed ??= { error }
        })
      } else {
        const { outcome: what } = outcome
        this.#counts = { ...this.#counts, [what]: this.#counts[what] + 1 }
      }
      this.#line = line.line
    }
    if (failed !== undefined) throw failed.error
  }

  /** Counts a line that is not sent at all. */
  async reject(rejected: RejectedLine, bytes: Uint8Array | undefined): Promise<void> {
    const what = rejected.code === REDACTED ? 'redacted' : 'rejected'
    this.#counts = { ...this.#counts, [what]: this.#counts[what] + 1 }
    this.#line = rejected.line
    if (what === 'rejected') await this.#rejected.add(rejected, bytes)
  }

  /** Goes on counting after an earlier call. */
  countFrom(counts: Counts): void {
    this.#counts = { ...this.#counts, ...counts }
  }
}

function rejectedBy(outcome: Outcome, { line }: LineToTake): RejectedLine {
  const { id, code = 'UNKNOWN', field, message = 'was refused', try: next } = outcome
  return {
    line,
    ...(typeof id === 'string' && { id }),
    code,
    field,
    message,
    try: HTTP_WORDS.test(next ?? '')
      ? 'correct the line: one JSON object, in UTF-8, as jq -c . writes it; its members are in docs/http-api.md'
      : (next ?? 'spl help errors; the code says what to do'),
  }
}
