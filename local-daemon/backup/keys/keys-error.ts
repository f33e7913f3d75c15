/** The keys of a home cannot be backed up or put back. */
export class KeysError extends Error {
  override readonly name = 'KeysError'
  readonly code: 'IDENTITY_OTHER' | 'KEYS_FILE_INVALID' | 'KEYS_FILE_UNREADABLE'
  readonly try: string

  constructor(code: KeysError['code'], message: string, next: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.try = next
  }
}
