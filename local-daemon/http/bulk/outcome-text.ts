import type { Problem } from '../../../protocol/http/problem.ts'
import type { Outcome } from '../../store/ingest/entry.ts'

/** How many lines of a bulk append had which outcome. */
export class OutcomeCounts {
  #accepted = 0
  #duplicate = 0
  #rejected = 0

  add({ outcome }: Outcome): void {
    if (outcome === 'accepted') this.#accepted += 1
    else if (outcome === 'duplicate') this.#duplicate += 1
    else this.#rejected += 1
  }

  /** The last line of an answer that is whole. */
  summary(): string {
    const [accepted, duplicate, rejected] = [this.#accepted, this.#duplicate, this.#rejected]
    const lines = accepted + duplicate + rejected
    return lineOf({ object: 'bulk_summary', lines, accepted, duplicate, rejected })
  }
}

/**
 * An outcome as a line of the answer.
 * @param withPlace whether its reader may know the place of a record among all
 */
export function outcomeText(of: Outcome, withPlace: boolean): string {
  if (of.outcome === 'accepted' && of.id === undefined) return lineOf(of)
  // Hex and numbers: nothing to escape.
  if (of.outcome !== 'rejected') {
    const place = withPlace ? `,"seq":${of.seq}` : ''
    return `{"line":${of.line},"outcome":"${of.outcome}","id":"${of.id}"${place}}\n`
  }
  const { line, outcome, id, reason } = of
  const { code, message, detail } = reason
  return lineOf({
    line,
    outcome,
    id,
    code,
    message,
    field: detail.field,
    try: detail.try,
    required_scope: detail.requiredScope,
  })
}

/** The last line of an answer that was cut. @param line the first one without an outcome */
export function cutText(problem: Problem, line: number): string {
  return lineOf({ ...problem, line })
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`
}
