import { isPlainObject } from '../../../protocol/json/json-value.ts'
import { RecordError } from '../../../protocol/records/record.ts'
import type { StreamItem } from '../../../protocol/json/line-splitter.ts'
import type { ClaimRules } from '../../access/actor-claim.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { REQUEST_LIMITS } from '../../requests/limits.ts'
import { isDaemonThread } from '../../store/daemon-threads.ts'
import type { DraftWanted, Entry, LineAbout } from '../../store/ingest/entry.ts'
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

const THREAD = /^th_[\w.-]{1,128}$/

/** Does the cheap checks of a line: its size, JSON, form, and whether its sender may write this. What is refused is the line alone. */
export function checkLine(
  { line, bytes }: StreamItem,
  { sender, rightsOf, claimRules, did }: LineRules,
): Entry {
  const length = bytes?.byteLength ?? 0
  let about: LineAbout | undefined
  try {
    if (bytes === undefined) throw tooLong()
    const value = parseJsonText(bytes, 'line')
    about = aboutOf(value, length)
    const wanted = isSigned(value)
      ? signedOf(sender, value, did, claimRules)
      : rightsOf(sender, value)
    return { line, bytes: length, about, wanted }
  } catch (error) {
    if (error instanceof RecordError)
      return { line, bytes: length, about, wanted: recordProblem(error) }
    if (error instanceof ProblemError) return { line, bytes: length, about, wanted: error }
    throw error
  }
}

/** Also of a line that will be refused: what follows it on its thread must not begin that. */
function aboutOf(value: unknown, bytes: number): LineAbout | undefined {
  const signed = isSigned(value)
  const record = signed ? value['record'] : value
  if (!isPlainObject(record)) return undefined
  const { thread, body } = record
  // The daemon's own threads are in no namespace: nothing begins them elsewhere.
  if (typeof thread !== 'string' || !THREAD.test(thread) || isDaemonThread(thread)) return undefined
  const names = isPlainObject(body) && Object.hasOwn(body, 'namespace')
  return { thread, names, isSigned: signed, bytes }
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
