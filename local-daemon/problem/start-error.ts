interface StartErrorOptions extends ErrorOptions {
  readonly isUsage?: boolean
}

/**
 * A reason why the daemon cannot start, for a person: a stable code, what is wrong, and the next step.
 * The CLI prints `error: <message>` and then `try: <try>`.
 */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly code: string
  /** The next step: a command to run or a setting to change. */
  readonly try: string
  /** The command line is wrong. Only another one helps, so a service manager need not try again. */
  readonly isUsage: boolean

  constructor(code: string, message: string, next: string, options: StartErrorOptions = {}) {
    super(message, options)
    this.isUsage = options.isUsage === true
    this.code = code
    this.try = next
  }
}
