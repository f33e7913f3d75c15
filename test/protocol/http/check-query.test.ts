import { expect, test } from 'vitest'
import { checkQuery, queryNames } from '../../../protocol/http/check-query.ts'

const KNOWN = ['thread', 'limit', 'cursor']

test.for([
  ['/', undefined],
  ['/?', undefined],
  ['/?&&', undefined],
  ['/?limit=5&thread=th_a', undefined],
  ['/?%6cimit=5', undefined],
  ['/?limt=5', 'limt'],
  ['/?limit=5&limit=5', 'limit'],
  ['/?limit=5&%6Cimit=6', 'limit'],
  ['/?limit&limit', 'limit'],
  ['/?=5', '[""]'],
  ['/?Limit=5', 'Limit'],
  ['/?limit[]=5', '["limit[]"]'],
  ['/?%00=5', '["\\u0000"]'],
  ['/?limit=5;thread=th_a', undefined],
  ['/?limit=5&?thread=th_a', '["?thread"]'],
] as const)('of the target %s the parameter at fault is %s', ([target, field]) => {
  expect(checkQuery(queryNames(target), KNOWN)?.field).toBe(field)
})

test('a fault says what was probably meant, and what there is', () => {
  expect(checkQuery(['limt'], KNOWN)?.try).toBe(
    'Did you mean limit? This route takes thread, limit, cursor.',
  )
  expect(checkQuery(['entirely-other'], KNOWN)?.try).toBe('This route takes thread, limit, cursor.')
  expect(checkQuery(['x'], [])?.try).toBe('Leave the query out.')
  const endless = checkQuery(['x'.repeat(16_000)], KNOWN)
  expect(`${endless?.field}${endless?.message}`.length).toBeLessThan(1_000)
})
