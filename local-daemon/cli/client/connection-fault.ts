import { ProxyError } from '../../network/proxy.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import type { Connection } from './connection.ts'
import { AnswerTooLargeError } from './read-answer.ts'
import { SilentError } from './send-request.ts'

/** The error that a person reads for a request that got no answer, or one that is none. */
export function asCliError(connection: Connection, error: unknown): CliError {
  if (error instanceof CliError) return error
  if (error instanceof SilentError) return timedOut(connection)
  if (error instanceof ProxyError) {
    return new CliError(error.code, error.message, error.try, EXIT_CODE.unreachable, {
      cause: error,
    })
  }
  if (error instanceof AnswerTooLargeError) return noDaemon(connection, error)
  return connection.unreachable(error as Error)
}

export function timedOut({ name, target }: Connection): CliError {
  return new CliError(
    'DAEMON_TIMEOUT',
    `${name} accepted the connection but does not answer`,
    'socket' in target
      ? 'spl serve --status, then the last lines of its log'
      : 'run the same command again; on the daemon’s machine: spl status',
    EXIT_CODE.unreachable,
  )
}

export function noDaemon({ name, namedBy }: Connection, cause: Error): CliError {
  const what = cause instanceof AnswerTooLargeError ? cause.message : 'something that is not JSON'
  return new CliError(
    'ANSWER_INVALID',
    `${name} answered with ${what}: is it a spl daemon?`,
    `check ${namedBy}`,
    EXIT_CODE.failed,
    { cause },
  )
}

/** A daemon never redirects, and a bearer is for one origin: it is not carried to another. */
export function redirected({ name, namedBy }: Connection, location: string): CliError {
  return new CliError(
    'REDIRECTED',
    `${name} redirects to ${location}; a bearer token is for one address and is not sent there`,
    `check ${namedBy}; if the daemon is there now: spl login <url>`,
  )
}
