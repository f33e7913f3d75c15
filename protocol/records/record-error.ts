/**
 * A value that is not a record. `field` is the path of what is wrong, such as `parents[1]` or
 * `body.items[0].price`; `$` is the record as a whole.
 */
export class RecordError extends Error {
  override readonly name = 'RecordError'
  readonly code = 'INVALID_RECORD'
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}
