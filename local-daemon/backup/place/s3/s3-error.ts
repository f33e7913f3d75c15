/** What can go wrong with an S3 store. */
export type S3ErrorCode =
  | 'S3_ADDRESS_INVALID'
  | 'S3_BUCKET_MISSING'
  | 'S3_CLOCK_SKEWED'
  | 'S3_CREDENTIALS_MISSING'
  | 'S3_CREDENTIALS_UNREADABLE'
  | 'S3_DENIED'
  | 'S3_DOWNLOAD_CUT'
  | 'S3_FAILED'
  | 'S3_FILE_MISSING'
  | 'S3_FILE_TOO_LARGE'
  | 'S3_KEY_UNKNOWN'
  | 'S3_REFUSED'
  | 'S3_REGION_WRONG'
  | 'S3_SECRET_WRONG'
  | 'S3_SESSION_EXPIRED'
  | 'S3_TLS_FAILED'
  | 'S3_UNREACHABLE'

/** An S3 store cannot be used. No text of it holds a secret, or anything that the store said unchecked. */
export class S3Error extends Error {
  override readonly name = 'S3Error'
  readonly code: S3ErrorCode
  readonly try: string

  constructor(code: S3ErrorCode, message: string, next: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.try = next
  }
}
