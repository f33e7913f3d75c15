/** The sequence number in a cursor, `<epoch>:<seq>:<check>`: the checkers know what is opaque to clients. */
export function sequenceOf(cursor: string): number {
  return Number(cursor.split(':')[1])
}
