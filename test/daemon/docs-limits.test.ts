import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LIMITS } from '../../protocol/limits.ts'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/limits.md', root), 'utf8')

test('the page of shared limits has the numbers of the code, and tests that are there', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \|.*\| `(test\/[^`]+)` \|$/gm)]
  expect(rows.length).toBeGreaterThanOrEqual(9)
  for (const [, name = '', value, file = ''] of rows) {
    expect([name, Number(value)]).toEqual([name, LIMITS[name as keyof typeof LIMITS]])
    expect([file, existsSync(new URL(file, root))]).toEqual([file, true])
  }
})
