import { cutText } from '../../../protocol/encoding/cut-text.ts'

const MOST_GOAL_CHARACTERS = 200

/** What a thread is about, for lists: the first goal stated on it. */
export function goalOf(body: Readonly<Record<string, unknown>>): string | null {
  const goal = Object.hasOwn(body, 'goal') ? body['goal'] : undefined
  return typeof goal === 'string' ? cutText(goal, MOST_GOAL_CHARACTERS) : null
}
