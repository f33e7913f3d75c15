/** A promise of the product that a run has seen broken, or a run that proves nothing. */
export interface Violation {
  readonly check:
    | 'appends'
    | 'sequences'
    | 'bodies'
    | 'arrival'
    | 'memory'
    | 'streams'
    | 'faults'
    | 'answers'
    | 'front'
  readonly kind:
    | 'lost'
    | 'doubled'
    | 'alien'
    | 'gap'
    | 'repeat'
    | 'disorder'
    | 'short'
    | 'wrong-bytes'
    | 'stuck'
    | 'grown'
    | 'leaked'
    | 'replay-taken'
    | 'revoked-taken'
    | 'smuggled'
    | 'unbounded'
    | 'unreleased'
    | 'not-fired'
    | 'surprise'
  readonly text: string
}
