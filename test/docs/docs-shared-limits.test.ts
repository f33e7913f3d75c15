import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ACCESS_LIMITS } from '../../local-daemon/access/limits.ts'
import { HTTP_LIMITS } from '../../local-daemon/http/limits.ts'
import { LIMITS } from '../../protocol/limits.ts'

const ALL: Readonly<Record<string, unknown>> = { ...ACCESS_LIMITS, ...HTTP_LIMITS, ...LIMITS }
const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/limits.md', root), 'utf8')

test('the page of shared limits has the numbers of the code, and each row a test with a GET of the owner', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \|.*\| `(test\/[^`]+)` \|$/gm)]
  expect(rows.length).toBe(13)
  for (const [, name = '', value, file = ''] of rows) {
    expect([name, Number(value)]).toEqual([name, ALL[name]])
    const owners = /ownerIsServed\(\s*'([^']+)'|\| ([\w, ]+) (?:\([^|]*\) )?\|/g
    const text = readFileSync(new URL(file, root), 'utf8')
    const held = [...text.matchAll(owners)].flatMap(([, one, other]) =>
      (one ?? other ?? '').split(', '),
    )
    expect([file, held]).toEqual([file, expect.arrayContaining([name])])
  }
})
