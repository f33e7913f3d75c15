import { afterAll } from 'vitest'
import { checkAnswer, isOurs, violations } from './check-answer.ts'

/** Holds every answer that a test fetches to docs/openapi.json; other clients of the tests call `checkAnswer` themselves. */
const realFetch = globalThis.fetch

globalThis.fetch = async (input, init) => {
  const answer = await realFetch(input, init)
  // A long one is streamed, and read as its test wants to.
  if (!isOurs(answer.headers) || answer.headers.get('content-length') === null) return answer
  const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
  const { pathname, search } = new URL(input instanceof Request ? input.url : input)
  const { status, headers } = answer
  // One that is cut has failed already, and its test will see it.
  const text = await answer
    .clone()
    .text()
    .catch(() => '')
  await checkAnswer({ method, target: pathname + search, status, headers, text })
  return answer
}

// Also where nobody waited for the answer. The next file of this worker begins anew.
afterAll(() => {
  globalThis.fetch = realFetch
  const found = violations.splice(0)
  if (found.length > 0) throw new Error(found.join('\n'))
})
