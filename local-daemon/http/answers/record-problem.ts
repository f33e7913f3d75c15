import type { RecordError } from '../../../protocol/records/record.ts'
import { ProblemError } from '../../problem/problem-error.ts'

/** The refusal of a value that is not a record. */
export function recordProblem({ field, message }: RecordError): ProblemError {
  const subject = field === '$' ? 'The record' : field
  return new ProblemError('INVALID_RECORD', `${subject} ${message}`, {
    field,
    try:
      field === 'thread'
        ? 'Name its thread: th_ and letters, digits, _ . or -; a new name begins a new one.'
        : 'See /openapi.json for the form of a record.',
  })
}
