/** Why a try to connect failed. `refused` will not heal by trying again soon. */
export class DialError extends Error {
  override readonly name = 'DialError'
  readonly kind: 'lost' | 'refused'
  /** The gateway's stable code, if it was the gateway that answered. */
  readonly code: string | undefined

  constructor(
    kind: 'lost' | 'refused',
    message: string,
    options: ErrorOptions & { readonly code?: string } = {},
  ) {
    super(message, options)
    this.kind = kind
    this.code = options.code
  }
}
