import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { countText } from '../../../local-daemon/problem/count-text.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** A count and its word written together, which is wrong for one of them. Limits are more than one, and a rate has no singular. */
const FIXED =
  /\$\{(?![A-Z_]+_LIMITS)[^}]+\} (?:more )?(?:records|lines|findings|actors|tokens|threads|backups|namespaces)\b(?!\/)/u

it('a count has its word in the singular for one alone', () => {
  expect([0, 1, 2].map((count) => countText(count, 'record'))).toEqual([
    '0 records',
    '1 record',
    '2 records',
  ])
  expect([1, 2].map((count) => countText(count, 'is there', 'are there'))).toEqual([
    '1 is there',
    '2 are there',
  ])
})

it('no message of the daemon or its command line writes a count with a fixed word', () => {
  const files = globSync('local-daemon/**/*.ts', { cwd: ROOT })
  expect(files.length).toBeGreaterThan(400)
  const found = files.flatMap((file) =>
    readFileSync(`${ROOT}${file}`, 'utf8')
      .split('\n')
      .filter((line) => FIXED.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  )
  expect(found).toEqual([])
})
