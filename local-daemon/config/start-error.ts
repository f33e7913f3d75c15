/**
 * A reason why the daemon cannot start, for a person: a stable code, what is wrong, and the next step.
 * The CLI prints `error: <message>` and then `try: <try>`.
 */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly code: string
  /** The next step: a command to run or a setting to change. */
  readonly try: string

  constructor(code: string, message: string, next: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.try = next
  }
}
