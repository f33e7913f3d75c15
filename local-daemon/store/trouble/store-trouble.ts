import type { ProblemCode } from '../../../protocol/http/problem.ts'
import { ProblemError } from '../../problem/problem-error.ts'

export type TroubleCode = Extract<
  ProblemCode,
  | 'STORE_BUSY'
  | 'STORE_DAMAGED'
  | 'STORE_FAILED'
  | 'STORE_FULL'
  | 'STORE_MISSING'
  | 'STORE_REPLACED'
>

/** SQLite does not notice it: the names of the files lead elsewhere. */
export type LossCode = Extract<TroubleCode, 'STORE_MISSING' | 'STORE_REPLACED'>

/** Whether the files of the store are no longer the ones that are open. */
export function isLoss({ code }: Pick<StoreTrouble, 'code'>): boolean {
  return code === 'STORE_MISSING' || code === 'STORE_REPLACED'
}

/** What is wrong with a store. */
export interface StoreTrouble {
  readonly code: TroubleCode
  /** For everyone: contains no path of this machine. */
  readonly message: string
  /** The next step. */
  readonly try: string
  /** What its owner sees instead of these two. */
  readonly owner?: { readonly message: string; readonly try: string }
  /** Since when, Unix time in milliseconds. */
  readonly since: number
  /** Whether it stops all writes while it lasts; otherwise only damaged records are refused. */
  readonly stopsWrites: boolean
  /** Whether it may pass by itself: then the store tries again. */
  readonly passes: boolean
  readonly cause?: Error
}

/** SQLite's result codes, by what they mean for a store. The first match counts. */
const MEANINGS: readonly (readonly [RegExp, Exclude<TroubleCode, LossCode>])[] = [
  [/^SQLITE_(?:BUSY|LOCKED|PROTOCOL)/u, 'STORE_BUSY'],
  [/^SQLITE_FULL/u, 'STORE_FULL'],
  [
    /^SQLITE_(?:CORRUPT|NOTADB|FORMAT|IOERR_SHORT_READ|IOERR_CORRUPTFS|IOERR_DATA)/u,
    'STORE_DAMAGED',
  ],
  [/^SQLITE_(?:IOERR|READONLY|CANTOPEN|PERM|AUTH|NOLFS)/u, 'STORE_FAILED'],
]

/** What an error of SQLite means for the store; undefined for one that is only about the statement. */
export function meaningOf(error: unknown): Exclude<TroubleCode, LossCode> | undefined {
  const code = sqliteCode(error)
  return code === undefined ? undefined : MEANINGS.find(([form]) => form.test(code))?.[1]
}

/** SQLite's own errors leave a half-done step behind; our refusals do not. */
export function isDatabaseError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && error.name === 'SqliteError'
}

function sqliteCode(error: unknown): string | undefined {
  return isDatabaseError(error) ? error.code : undefined
}

/** After a failed flush the system forgets what it could not write, so a second, successful one proves nothing. */
function failedToFlush(error: unknown): boolean {
  return /^SQLITE_IOERR_(?:DIR_)?FSYNC/u.test(sqliteCode(error) ?? '')
}

/** The trouble that an error means. */
export function troubleFrom(code: Exclude<TroubleCode, LossCode>, cause: Error): StoreTrouble {
  const { message, next, stopsWrites, passes } = TEXTS[code]
  return {
    code,
    message: `${message}: ${cause.message}`,
    try: next,
    since: Date.now(),
    stopsWrites,
    passes: passes && !failedToFlush(cause),
    cause,
  }
}

const TEXTS: Readonly<
  Record<
    Exclude<TroubleCode, LossCode>,
    {
      readonly message: string
      readonly next: string
      readonly stopsWrites: boolean
      readonly passes: boolean
    }
  >
> = {
  STORE_BUSY: {
    message: 'Another program has the store locked',
    next: 'Try again in a moment. End what has it open, such as a database browser or a backup: fuser -v <the store> shows it.',
    stopsWrites: true,
    passes: true,
  },
  STORE_FULL: {
    message: 'The disk of the store is full',
    next: 'Free disk space; the daemon tries again by itself, and needs no restart.',
    stopsWrites: true,
    passes: true,
  },
  STORE_FAILED: {
    message: 'The disk of the store fails',
    next: 'See that the disk is there, well and writable. The daemon tries again by itself; if spl status still says so then: spl serve --restart.',
    stopsWrites: true,
    passes: true,
  },
  STORE_DAMAGED: {
    message: 'The store is damaged',
    next: 'spl verify names what is damaged. Then stop the daemon and put back a copy of hub.db with its hub.db-wal.',
    stopsWrites: true,
    passes: false,
  },
}

/** Whether an error says that something in the store is not what was written. */
export function isDamage(error: unknown): boolean {
  return error instanceof ProblemError && error.code === 'STORE_DAMAGED'
}

/**
 * What was found damaged. If it is one record, the rest of the store can be read and written. If it is the file, nothing is written, since a
 * write to a damaged tree can make it worse.
 */
export function foundDamage(what: string, of: 'row' | 'file' = 'row'): StoreTrouble {
  return {
    code: 'STORE_DAMAGED',
    message: `The store is damaged: ${what}`,
    try: TEXTS.STORE_DAMAGED.next,
    since: Date.now(),
    stopsWrites: of === 'file',
    passes: false,
  }
}

/** The refusal for a caller that meets it. Only the change of the store's state is logged, not each refusal. */
export function problemFrom(trouble: StoreTrouble): ProblemError {
  return new ProblemError(trouble.code, trouble.message, {
    try: trouble.try,
    retryAfter: trouble.passes ? 1 : undefined,
  })
}
