import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readPage } from './read-pages.ts'
import { tablesOfCode } from './tables-page.ts'

const TABLES = new URL('../../../protocol/tables.md', import.meta.url)
const MARKED = /(?<=<!-- tables -->\n)[^]*(?=<!-- \/tables -->)/u

it('protocol/tables.md has the numbers and the comments of the code', () => {
  const page = readPage('tables.md')
  const now = `${tablesOfCode()}\n`
  if (process.env['REFRESH_PAGES'] === '1') {
    writeFileSync(TABLES, page.replace(MARKED, now))
    return
  }
  const refresh = 'REFRESH_PAGES=1 npx vitest run test/protocol/pages'
  expect(page.match(MARKED)?.[0], `It has changed; to write it anew: ${refresh}`).toBe(now)
})
