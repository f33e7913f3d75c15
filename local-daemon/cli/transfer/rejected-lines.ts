import { constants, existsSync } from 'node:fs'
import { access, open, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import type { RejectedLine } from './check-line.ts'
import { isThere } from './is-there.ts'

/** Lines that are listed; a file can have them all. */
const LISTED = 20

/** Lines that were refused for one reason. */
export interface RejectedReason {
  readonly first: RejectedLine
  count: number
}

/** The lines that were refused: the first ones to be listed, all of them in a file if one is wanted. */
export class RejectedLines implements AsyncDisposable {
  readonly #path: string | undefined
  #listed: RejectedLine[] = []
  /** By reason, in the order in which they came. */
  #reasons = new Map<string, RejectedReason>()
  #file: FileHandle | undefined
  #count = 0

  private constructor(path: string | undefined) {
    this.#path = path
  }

  /**
   * @param path of the file for all of them, made with the first one; mode 0600, as it has records
   * @throws CliError OUT_EXISTS, OUT_NOT_WRITABLE
   */
  static async open(path: string | undefined): Promise<RejectedLines> {
    if (path !== undefined) {
      if (await isThere(path)) throw exists(path)
      // Better said now than after an hour.
      await access(dirname(path), constants.W_OK).catch((error: unknown) => {
        throw notWritable(path, error)
      })
    }
    return new RejectedLines(path)
  }

  get count(): number {
    return this.#count
  }

  /** The file for them, if one is wanted. */
  get path(): string | undefined {
    return this.#path
  }

  /** A file for those of the next call: one that is there is never changed. */
  nextPath(): string {
    let path = this.#path ?? ''
    while (existsSync(path)) path = afterIt(path)
    return path
  }

  get listed(): readonly RejectedLine[] {
    return this.#listed
  }

  /** Why lines were refused, each reason once. */
  get reasons(): readonly RejectedReason[] {
    return [...this.#reasons.values()]
  }

  /** @param bytes the line itself; undefined if it was too long to be kept */
  async add(rejected: RejectedLine, bytes: Uint8Array | undefined): Promise<void> {
    this.#count += 1
    if (this.#listed.length < LISTED) this.#listed.push(rejected)
    this.#addReason(rejected)
    if (this.#path === undefined) return
    const text = bytes && Buffer.from(bytes).toString()
    try {
      this.#file ??= await open(this.#path, 'wx', 0o600)
      await this.#file.write(`${JSON.stringify({ ...rejected, text })}\n`)
    } catch (error) {
      throw notWritable(this.#path, error)
    }
  }

  #addReason(first: RejectedLine): void {
    const key = JSON.stringify([first.code, first.field, first.message])
    const known = this.#reasons.get(key)
    if (known !== undefined) known.count += 1
    else if (this.#reasons.size < LISTED) this.#reasons.set(key, { first, count: 1 })
  }

  /** Begins anew: whoever reads the lines again says again what is refused. */
  async clear(): Promise<void> {
    this.#count = 0
    this.#listed = []
    this.#reasons.clear()
    const file = this.#file
    if (file === undefined || this.#path === undefined) return
    this.#file = undefined
    await file.close()
    await rm(this.#path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close()
  }
}

/** `bad.ndjson` → `bad.ndjson.2` → `bad.ndjson.3` */
function afterIt(path: string): string {
  const [, name = path, number = '1'] = /^(.+)\.(\d{1,9})$/u.exec(path) ?? []
  return `${name}.${Number(number) + 1}`
}

function exists(path: string): CliError {
  return new CliError(
    'OUT_EXISTS',
    `${path} already exists and was not changed`,
    'choose another file for --rejected, or move this one away',
    EXIT_CODE.usage,
  )
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
