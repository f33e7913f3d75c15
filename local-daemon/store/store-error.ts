/** A store that cannot be opened. `try` is the next step. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError'
  readonly code:
    | 'DISK_FULL'
    | 'SQLITE_TOO_OLD'
    | 'STORE_BUSY'
    | 'STORE_FOREIGN'
    | 'STORE_NOT_WRITABLE'
    | 'STORE_TOO_NEW'
    | 'STORE_UNREADABLE'
    | 'TOO_MANY_FILES'
  readonly try: string

  constructor(code: StoreOpenError['code'], message: string, next: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.try = next
  }
}

/** Results after which nothing more may be written: what the disk holds is no longer certain. */
const FATAL = /^SQLITE_(?:FULL|IOERR|READONLY|CORRUPT|CANTOPEN|NOTADB)/

/** Whether SQLite says that the disk is full, gone or wrong. After a failed fsync a retry can lie. */
export function isFatalStoreError(error: unknown): boolean {
  const code: unknown = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && FATAL.test(code)
}
