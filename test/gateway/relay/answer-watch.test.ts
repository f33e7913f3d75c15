import { expect, test } from 'vitest'
import { AnswerWatch } from '../../../local-daemon/gateway/front/answer-watch.ts'
import { RefusalCounts } from '../../../local-daemon/gateway/front/refusal-counts.ts'

const HEAD = 'HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\n\r\n'
const refusal = (hop: string, message = 'No') =>
  `{"object":"error","code":"AUTH_INVALID","message":${JSON.stringify(message)},"hop":"${hop}"}`

/** What is seen in one answer, given in pieces. */
function seen(...pieces: string[]): (string | undefined)[] {
  const watch = new AnswerWatch()
  watch.begin()
  return pieces.map((piece) => watch.see(Buffer.from(piece)))
}

test('a refusal of the gateway is found, in any pieces', () => {
  expect(seen(HEAD + refusal('gateway'))).toEqual(['AUTH_INVALID'])
  expect(seen(HEAD, refusal('gateway'))).toEqual([undefined, 'AUTH_INVALID'])
  const letters = [...refusal('gateway')]
  expect(seen(HEAD, ...letters).filter(Boolean)).toEqual(['AUTH_INVALID'])
})

test('it counts once, and the next answer starts again', () => {
  const watch = new AnswerWatch()
  for (let times = 0; times < 2; times += 1) {
    watch.begin()
    expect(watch.see(Buffer.from(HEAD + refusal('gateway')))).toBe('AUTH_INVALID')
    expect(watch.see(Buffer.from(refusal('gateway')))).toBeUndefined()
  }
})

test('nothing else counts: an answer, a record that looks like a refusal, a refusal of home', () => {
  const record = `HTTP/1.1 200 OK\r\n\r\n${refusal('gateway')}`
  expect(seen(record, refusal('gateway'))).toEqual([undefined, undefined])
  expect(seen(HEAD + refusal('daemon'))).toEqual([undefined])
})

test('a long answer of home is not read to its end', () => {
  const long = 'x'.repeat(5_000)
  expect(seen(HEAD + long, refusal('gateway'))).toEqual([undefined, undefined])
})

test('only codes that there are get a number, with the time of the last', () => {
  const counts = new RefusalCounts()
  for (const code of ['AUTH_INVALID', 'MADE_UP', 'toString', 'AUTH_INVALID']) counts.note(code)
  expect(counts.report().by_code).toEqual({
    AUTH_INVALID: { count: 2, last_at: expect.any(Number) },
  })
})
