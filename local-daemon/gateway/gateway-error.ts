/** Stable codes of all reasons why a self-hosted gateway cannot run. */
export type GatewayErrorCode =
  | 'ADDRESS_UNAVAILABLE'
  | 'CERTIFICATE_INVALID'
  | 'GATEWAY_EXITED'
  | 'GATEWAY_TIMEOUT'
  | 'GATEWAY_UNAVAILABLE'
  | 'HEADER_INVALID'
  | 'HOSTNAME_INVALID'
  | 'OWNER_INVALID'
  | 'PORT_FORBIDDEN'
  | 'PORT_IN_USE'
  | 'STORAGE_IN_USE'
  | 'STORAGE_NEWER'
  | 'TLS_REQUIRED'
  | 'WORKERD_MISSING'

/** A refusal that a person can act on: `try` names the next step. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: GatewayErrorCode
  readonly try: string

  constructor(code: GatewayErrorCode, message: string, next: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.try = next
  }
}
