import type { LossKind } from '../backoff.ts'

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

/** What a try that failed was lost to. `replaced`: another process with this identity has the place. */
export function lossOf(error: unknown): { readonly loss: LossKind; readonly reason: string } {
  if (!(error instanceof DialError)) return { loss: 'lost', reason: String(error) }
  const { kind, code, message } = error
  return { loss: code === 'ANOTHER_DAEMON_CONNECTED' ? 'replaced' : kind, reason: message }
}
