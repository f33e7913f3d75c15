import type { RecordError } from '../../../protocol/records/record.ts'
import { ProblemError } from '../../problem/problem-error.ts'

/** The refusal of a value that is not a record. */
export function recordProblem({ field, message }: RecordError): ProblemError {
  const subject = field === '$' ? 'The record' : field
  return new ProblemError('INVALID_RECORD', `${subject} ${message}`, {
    field,
    try:
      field === 'thread'
        ? 'GET /v1/threads lists those there are.'
        : 'See /openapi.json for the form of a record.',
  })
}
