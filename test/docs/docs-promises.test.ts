import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { missingOf, namedTests } from './named-tests.ts'

const PAGE = readFileSync(new URL('../../docs/appendix/promises.md', import.meta.url), 'utf8')
const references = namedTests(PAGE)

describe('docs/appendix/promises.md', () => {
  test.each(references)('%s has "%s"', (file, name) => {
    expect(missingOf(file, name)).toEqual([])
  })

  test('numbers the promises in order, and leaves none without a test', () => {
    const promises = PAGE.split(/^(?=\d+\. \*\*)/mu).slice(1)
    expect(promises.length).toBeGreaterThan(30)
    for (const [index, text] of promises.entries()) {
      expect(text.startsWith(`${index + 1}. `)).toBe(true)
      expect([index + 1, namedTests(text).length]).not.toEqual([index + 1, 0])
    }
  })

  test('names no test file in a form that is not checked', () => {
    const named = [...PAGE.matchAll(/`test\/[^`]+`/gu)]
    // The one that is named without a title is this file.
    expect(named).toHaveLength(references.length + 1)
  })
})
