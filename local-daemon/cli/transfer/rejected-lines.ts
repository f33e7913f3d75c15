import { open, type FileHandle } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import type { RejectedLine } from './check-line.ts'

/** Lines that are listed; a file can have them all. */
const LISTED = 20

/** The lines that were refused: the first ones to be listed, all of them in a file if one is wanted. */
export class RejectedLines implements AsyncDisposable {
  readonly #listed: RejectedLine[] = []
  readonly #file: FileHandle | undefined
  readonly #path: string | undefined
  #count = 0

  private constructor(path: string | undefined, file: FileHandle | undefined) {
    this.#path = path
    this.#file = file
  }

  /**
   * @param path of the file for all of them, made anew; mode 0600, as it has records
   * @throws CliError OUT_NOT_WRITABLE
   */
  static async open(path: string | undefined): Promise<RejectedLines> {
    if (path === undefined) return new RejectedLines(undefined, undefined)
    try {
      return new RejectedLines(path, await open(path, 'w', 0o600))
    } catch (error) {
      throw notWritable(path, error)
    }
  }

  get count(): number {
    return this.#count
  }

  get listed(): readonly RejectedLine[] {
    return this.#listed
  }

  /** @param bytes the line itself; undefined if it was too long to be kept */
  async add(rejected: RejectedLine, bytes: Uint8Array | undefined): Promise<void> {
    this.#count += 1
    if (this.#listed.length < LISTED) this.#listed.push(rejected)
    if (this.#file === undefined) return
    const text = bytes && Buffer.from(bytes).toString()
    try {
      await this.#file.write(`${JSON.stringify({ ...rejected, text })}\n`)
    } catch (error) {
      throw notWritable(this.#path ?? '', error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close()
  }
}

function notWritable(path: string, error: unknown): CliError {
  return new CliError(
    'OUT_NOT_WRITABLE',
    `write ${path}: ${(error as Error).message}`,
    'choose another file for --rejected; running the same command again goes on',
    undefined,
    { cause: error },
  )
}
