import { RESET, type ResetCode } from './reset-code.ts'

/** The connection can no longer be used: close the socket. Its streams have failed already. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: ResetCode
  constructor(message: string, code: ResetCode = RESET.PROTOCOL_ERROR, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
