import { RecordError } from '../../../protocol/records/record.ts'
import type { StreamItem } from '../../../protocol/json/line-splitter.ts'
import type { ClaimRules } from '../../access/actor-claim.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { REQUEST_LIMITS } from '../../requests/limits.ts'
import type { DraftWanted, Entry } from '../../store/ingest/entry.ts'
import { recordProblem } from '../answers/record-problem.ts'
import type { Sender } from '../input/draft-rights.ts'
import { parseJsonText } from '../input/json-text.ts'
import { isSigned, signedOf } from './signed-rights.ts'

/** Who sends lines, and by which rules they are judged. */
export interface LineRules {
  readonly sender: Sender
  readonly rightsOf: (sender: Sender, input: unknown) => DraftWanted
  readonly claimRules: ClaimRules
  /** This instance's. */
  readonly did: string
}

/** Does the cheap checks of a line: its size, JSON, form, and whether its sender may write this. What is refused is the line alone. */
export function checkLine(
  { line, bytes }: StreamItem,
  { sender, rightsOf, claimRules, did }: LineRules,
): Entry {
  const length = bytes?.byteLength ?? 0
  try {
    if (bytes === undefined) throw tooLong()
    const value = parseJsonText(bytes, 'line')
    const wanted = isSigned(value)
      ? signedOf(sender, value, did, claimRules)
      : rightsOf(sender, value)
    return { line, bytes: length, wanted }
  } catch (error) {
    if (error instanceof RecordError) return { line, bytes: length, wanted: recordProblem(error) }
    if (error instanceof ProblemError) return { line, bytes: length, wanted: error }
    throw error
  }
}

function tooLong(): ProblemError {
  return new ProblemError(
    'BODY_TOO_LARGE',
    `The line is larger than ${REQUEST_LIMITS.bodyBytes} bytes`,
    {
      try: 'Keep large content elsewhere and refer to it from the record.',
    },
  )
}
