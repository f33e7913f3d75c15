export const WRITING_ACTOR = 'did:sync:user:bench'

/** What the load appends. */
export function recordBody(n: number): object {
  return {
    thread: 'th_bench',
    actor: WRITING_ACTOR,
    act: 'DO',
    body: { n, text: 'what a small record may hold' },
    data_type: 'SCALAR',
  }
}

/** The same as JSON for `load`, which puts another number into each. */
export function growingRecord(): string {
  return JSON.stringify(recordBody(0)).replace('"n":0', '"n":{{n}}')
}
