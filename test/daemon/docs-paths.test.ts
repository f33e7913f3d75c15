import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGES = globSync(['*.md', 'docs/**/*.md', 'protocol/**/*.md'], { cwd: ROOT })

test.each(PAGES)('%s names only files and folders that are there', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) =>
    join(dirname(page), path),
  )
  const names = /`((?:protocol|edge-gateway|local-daemon|test|docs|\.ci)\/[^`\s]*?)`/g
  const paths = [...text.matchAll(names)].map(([, path = '']) => path)
  const missing = [...links, ...paths]
    .filter((path) => !path.includes('NNN'))
    .filter((path) => !existsSync(join(ROOT, path)))
  expect(missing).toEqual([])
})

test('there are pages to check', () => {
  expect(PAGES.length).toBeGreaterThan(12)
})
