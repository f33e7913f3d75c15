import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { missingOf, namedTests } from './named-tests.ts'

const PAGE = readFileSync(new URL('../../docs/tunnel-states.md', import.meta.url), 'utf8')
const references = namedTests(PAGE)

describe('docs/tunnel-states.md', () => {
  test.each(references)('%s has "%s"', (file, name) => {
    expect(missingOf(file, name)).toEqual([])
  })

  test('numbers its invariants in order, and names a test for each', () => {
    const section = PAGE.split('\n## Invariants\n')[1]?.split('\n## ')[0] ?? ''
    const invariants = section.split(/^(?=\d+\. )/mu).slice(1)
    expect(invariants.length).toBeGreaterThan(10)
    for (const [index, text] of invariants.entries()) {
      expect(text.startsWith(`${index + 1}. `)).toBe(true)
      expect([index + 1, namedTests(text).length]).not.toEqual([index + 1, 0])
    }
  })

  test('names no test file in a form that is not checked', () => {
    const named = [...PAGE.matchAll(/`test\/[^`]+`/gu)]
    // The one that is named without a title is this file.
    expect(named).toHaveLength(references.length + 1)
  })

  test('has a row for each state that the status can tell', () => {
    const source = readFileSync(
      new URL('../../local-daemon/tunnel/tunnel.ts', import.meta.url),
      'utf8',
    )
    const union = source.split('export type TunnelState =')[1]?.split('export interface')[0] ?? ''
    const states = [...union.matchAll(/'([a-z]+)'/gu)].map(([, state]) => state)
    expect(states).toHaveLength(6)
    for (const state of states) expect(PAGE).toMatch(new RegExp(`^\\| ${state} \\|`, 'mu'))
  })
})
