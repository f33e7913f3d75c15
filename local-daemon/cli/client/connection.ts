import type { CliError } from '../cli-error.ts'
import type { Target } from './send-request.ts'

/** A daemon, or another server that answers as one, and how it is asked. */
export interface Connection {
  /** How the daemon is called in errors. */
  readonly name: string
  readonly namedBy: string
  readonly target: Target
  readonly headers: Readonly<Record<string, string>>
  /** Where challenges are given, and the fields that depend on the request: its signature over one. */
  readonly signed?: {
    readonly challengePath: string
    readonly sign: (request: SignedRequest, challenge: string) => Promise<Record<string, string>>
  }
  readonly silenceMs: number
  readonly withinMs?: number
  readonly answerBytes?: number
  /** The error for a connection that cannot be made. */
  readonly unreachable: (cause: Error) => CliError
}

/** What a signature is over, beside the host. */
export interface SignedRequest {
  readonly method: string
  readonly path: string
  readonly body: string
}
