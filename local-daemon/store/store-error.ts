/** A store that cannot be opened. `try` is the next step. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError'
  readonly code:
    | 'DISK_FULL'
    | 'IDENTITY_MISMATCH'
    | 'SQLITE_TOO_OLD'
    | 'STORE_BUSY'
    | 'STORE_DAMAGED'
    | 'STORE_EMPTY'
    | 'STORE_FOREIGN'
    | 'STORE_FOREIGN_SCHEMA'
    | 'STORE_MIXED'
    | 'STORE_NOT_EMPTY'
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
