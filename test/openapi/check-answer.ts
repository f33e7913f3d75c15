import type { SeenAnswer } from './answer-contract.ts'

/** What answers said otherwise than docs/openapi.json, in this test file. */
export const violations: string[] = []

/**
 * Holds a JSON answer of the daemon, or of the gateway, to docs/openapi.json. Answers of apps that only tests have are
 * none of theirs: these have no `X-Content-Type-Options`.
 * @throws Error that says what is wrong
 */
export async function checkAnswer(seen: SeenAnswer): Promise<void> {
  if (!isOurs(seen.headers) || seen.method === 'HEAD' || seen.text === '') return
  const { violation } = await import('./answer-contract.ts')
  const wrong = violation(seen)
  if (wrong === undefined) return
  const { method, target, status } = seen
  const said = `${method} ${target.split('?', 1)[0]}, ${status}: ${wrong} (docs/openapi.json)`
  violations.push(said)
  throw new Error(said)
}

/** Whether an answer is whole JSON of the daemon or the gateway. */
export function isOurs(headers: SeenAnswer['headers']): boolean {
  return (
    headers.get('x-content-type-options') === 'nosniff' &&
    headers.get('x-request-id') !== null &&
    headers.get('content-type') === 'application/json'
  )
}
