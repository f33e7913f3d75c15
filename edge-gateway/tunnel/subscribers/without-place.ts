import { NO_PLACE, WAIT_HEADER } from '../../internal/bridge.ts'

/** The Worker passes it on, and makes no waiting stream of it. */
export function withoutPlace(answer: Response): Response {
  answer.headers.set(WAIT_HEADER, NO_PLACE)
  return answer
}
