import { expect, test } from 'vitest'

import { expectedAnswers, vectorNames } from './expected-answers.ts'
import { answerVectors } from './vector-answers.ts'
import { readVectors } from './vectors.ts'

const vectors = readVectors()
const answers = await answerVectors(vectors)
const expected = expectedAnswers(vectors)
const names = vectorNames(vectors)

test('every group of vectors has answers', () => {
  expect(Object.keys(answers).toSorted()).toEqual(Object.keys(expected).toSorted())
  for (const [group, list] of Object.entries(expected)) {
    expect(list.length).toBeGreaterThan(4)
    expect(answers[group]).toHaveLength(list.length)
    expect(names[group]).toHaveLength(list.length)
  }
})

test.each(Object.keys(expected))('%s: Node answers as the vectors say', (group) => {
  const named = (list: readonly unknown[] | undefined): unknown[] =>
    (list ?? []).map((answer, index) => [names[group]?.[index], answer])
  expect(named(answers[group])).toEqual(named(expected[group]))
})
