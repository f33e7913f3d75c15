/** What can go wrong with what is encrypted. */
export type SealErrorCode =
  | 'AGE_FILE_DAMAGED'
  | 'AGE_FILE_INVALID'
  | 'AGE_IDENTITY_UNREADABLE'
  | 'AGE_IDENTITY_WRONG'
  | 'AGE_RECIPIENT_INVALID'
  | 'AGE_RECIPIENT_MISSING'
  | 'PASSPHRASE_WRONG'

/** A file cannot be encrypted or decrypted. No text of it holds a key or a passphrase. */
export class SealError extends Error {
  override readonly name = 'SealError'
  readonly code: SealErrorCode
  readonly try: string

  constructor(code: SealErrorCode, message: string, next: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.try = next
  }
}
