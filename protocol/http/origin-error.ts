/**
 * An entry of `auth_cors_origins` that is not an origin, or one too many. `entry` is shortened and made
 * printable, since it may hold anything; `try` says what to write instead.
 */
export class OriginError extends Error {
  override readonly name = 'OriginError'
  readonly code = 'INVALID_SETTING'
  readonly entry: string
  readonly try: string

  constructor(entry: string, reason: string, next: string) {
    const printable = forPrint(entry)
    super(`Origin "${printable}" ${reason}`)
    this.entry = printable
    this.try = next
  }
}

const SHOWN_CHARACTERS = 64

function forPrint(entry: string): string {
  const shown = entry.slice(0, SHOWN_CHARACTERS).replaceAll(/[^!-~]/g, '?')
  return entry.length > SHOWN_CHARACTERS ? `${shown}...` : shown
}
