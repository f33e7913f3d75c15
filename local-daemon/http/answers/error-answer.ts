import type { Logger } from 'pino'
import { RecordError } from '../../../protocol/records/record.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { problemAnswer } from './answer.ts'
import { recordProblem } from './record-problem.ts'
import type { TracedFacts } from '../../requests/traced-facts.ts'

/** Turns whatever a handler threw into the error envelope; logs what nobody asked for. */
export function createErrorAnswer(logger: Logger) {
  /** Causes that were logged: a full disk refuses every write, and must not fill with log lines. */
  const logged = new WeakSet<object>()

  return function answerError(error: Error, facts: TracedFacts): Response {
    if (error instanceof RecordError) return answerError(recordProblem(error), facts)
    if (!(error instanceof ProblemError)) {
      logger.error({ err: error, request_id: facts.requestId }, 'answer request')
      return problemAnswer(facts, 'INTERNAL', 'The daemon failed to answer', {
        try: 'Try again; if it stays, see logs/spl.log in the home directory.',
      })
    }
    const { cause, code, message, detail } = error
    if (cause instanceof Error && !logged.has(cause)) {
      logged.add(cause)
      logger.error({ err: cause, code }, message)
    }
    return problemAnswer(facts, code, message, detail)
  }
}
