/**
 * What was found of one promise. `fail`: it does not hold; `warn`: it holds, but something is not as it should be;
 * `skip`: it could not be asked here.
 */
export type CheckStatus = 'pass' | 'warn' | 'fail' | 'skip'

export interface Check {
  /** Stable, kebab-case: programs tell checks apart by it. */
  readonly name: string
  readonly status: CheckStatus
  /** What was seen, one sentence for a person. */
  readonly message: string
  /** What to do, a command where there is one. Every check that warns or fails has it. */
  readonly fix?: string
  /** What was seen, for programs. No secrets. */
  readonly details?: Readonly<Record<string, unknown>>
}
