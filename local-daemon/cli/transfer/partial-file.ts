import { constants } from 'node:fs'
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ExclusiveLock } from '../../home/exclusive-lock.ts'
import { shellPath } from '../../problem/shell-word.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { isThere } from './is-there.ts'
import { readChunks } from './read-chunks.ts'
import { readSteps, type FilePlace } from './read-steps.ts'

/** What an interrupted export has left. */
export interface Kept extends FilePlace {
  readonly records: number
}

/**
 * The file of an export while it grows, beside the one that it becomes: `FILE.part`, mode 0600. It holds whole parts alone, so
 * that the next call goes on where this one was interrupted, and has its name only once it is whole and on the disk.
 */
export class PartialFile implements AsyncDisposable {
  readonly path: string
  readonly #target: string
  readonly #force: boolean
  readonly #file: FileHandle
  readonly #lock: ExclusiveLock
  #end = 0

  private constructor(target: string, force: boolean, file: FileHandle, lock: ExclusiveLock) {
    this.path = partOf(target)
    this.#target = target
    this.#force = force
    this.#file = file
    this.#lock = lock
  }

  /**
   * @param force replaces what is there
   * @throws CliError OUT_EXISTS, OUT_NOT_WRITABLE, EXPORT_BUSY
   */
  static async open(target: string, force: boolean): Promise<PartialFile> {
    if (!force && (await isThere(target))) throw outExists(target)
    const path = partOf(target)
    const { takeExclusiveLock } = await import('../../home/exclusive-lock.ts')
    let lock: ExclusiveLock | undefined
    try {
      lock = takeExclusiveLock(lockOf(target))
      if (lock === undefined) throw busy(target)
      const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
      const file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
      await file.chmod(0o600)
      return new PartialFile(target, force, file, lock)
    } catch (error) {
      lock?.release()
      throw error instanceof CliError ? error : notWritable(path, error)
    }
  }

  /** What is there of an earlier call, up to the last whole part; the rest is cut off. */
  async kept(): Promise<Kept | undefined> {
    let kept: Kept | undefined
    let records = 0
    for await (const step of readSteps(readChunks(this.#file))) {
      if (step.kind === 'header') {
        const { header, end } = step
        kept = { header, cursor: header.since, line: 1, end, records, isWhole: false }
        continue
      }
      if (step.kind !== 'part' || step.fault !== undefined || kept === undefined) break
      const { part, line, end } = step
      records += part.records
      const isWhole = !part.has_more
      kept = { header: kept.header, cursor: part.next_cursor, line, end, records, isWhole }
    }
    await this.#cutTo(kept?.end ?? 0)
    return kept
  }

  /** Begins anew. */
  async clear(): Promise<void> {
    await this.#cutTo(0)
  }

  /** @throws CliError OUT_NOT_WRITABLE; what was written stays, for the next call */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      let written = 0
      while (written < bytes.length) {
        const { bytesWritten } = await this.#file.write(bytes, written, null, this.#end + written)
        written += bytesWritten
      }
      this.#end += bytes.length
    } catch (error) {
      throw notWritable(this.path, error)
    }
  }

  /**
   * Gives the file its name, once everything is on the disk.
   *
   * @throws CliError OUT_EXISTS for one that came meanwhile, OUT_NOT_WRITABLE
   */
  async finish(): Promise<void> {
    try {
      await this.#file.sync()
      if (this.#force) await rename(this.path, this.#target)
      else await this.#nameIfFree()
      await syncDirectory(dirname(this.#target))
    } catch (error) {
      throw error instanceof CliError ? error : notWritable(this.path, error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
    await rm(lockOf(this.#target), { force: true })
    this.#lock.release()
  }

  /** A link fails where something is, a rename does not look. */
  async #nameIfFree(): Promise<void> {
    try {
      await link(this.path, this.#target)
      await rm(this.path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST' || (await isThere(this.#target)))
        throw outExists(this.#target, this.path)
      // No hard links on this file system.
      await rename(this.path, this.#target)
    }
  }

  async #cutTo(end: number): Promise<void> {
    try {
      await this.#file.truncate(end)
      this.#end = end
    } catch (error) {
      throw notWritable(this.path, error)
    }
  }
}

function partOf(target: string): string {
  return `${target}.part`
}

function lockOf(target: string): string {
  return `${target}.part.lock`
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function outExists(target: string, kept?: string): CliError {
  return new CliError(
    'OUT_EXISTS',
    `${target} already exists and was not changed`,
    kept === undefined
      ? 'choose another file, or replace it: --force'
      : `the export is whole in ${shellPath(kept)}: move it, or run the same command with --force`,
    EXIT_CODE.usage,
  )
}

function busy(target: string): CliError {
  return new CliError(
    'EXPORT_BUSY',
    `another spl export writes ${target}`,
    'wait until it has ended, or choose another file',
  )
}

function notWritable(path: string, error: unknown): CliError {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return noDirectory(dirname(path), error)
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
  return new CliError(
    'OUT_NOT_WRITABLE',
    `write ${path}: ${message}`,
    isFull
      ? 'make room and run the same command again: it goes on where it stopped'
      : 'choose another file, or a directory that you may write to',
    EXIT_CODE.failed,
    { cause: error },
  )
}

function noDirectory(path: string, error: unknown): CliError {
  return new CliError(
    'OUT_NOT_WRITABLE',
    `there is no directory ${path}`,
    `make it: mkdir -p ${shellPath(path)}; or choose another file`,
    EXIT_CODE.failed,
    { cause: error },
  )
}
