import { EXIT_CODE, type ExitCode } from './exit-code.ts'

/** An error that a person reads: what went wrong, its stable code, and what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: string
  /** The next step: a command, or lines of advice. */
  readonly try: string
  readonly exitCode: ExitCode

  constructor(
    code: string,
    message: string,
    next: string,
    exitCode: ExitCode = EXIT_CODE.failed,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.try = next
    this.exitCode = exitCode
  }

  /** The same error, as somebody says it who knows more about it. */
  inWords(words: { readonly message: string; readonly try: string }): CliError {
    const { code, exitCode } = this
    return new CliError(code, words.message, words.try, exitCode, { cause: this })
  }
}
