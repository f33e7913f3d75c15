import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGES = globSync(['*.md', 'docs/**/*.md', 'protocol/**/*.md'], { cwd: ROOT })

test.each(PAGES)('%s names only files and folders that are there', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const links = [...text.matchAll(/(?:\]\(|src(?:set)?=")(?!https?:|#)([^)#"]+)/g)].map(
    ([, path = '']) => join(dirname(page), path),
  )
  const names = /`((?:protocol|edge-gateway|local-daemon|test|docs|\.ci)\/[^`\s]*?)`/g
  const paths = [...text.matchAll(names)].map(([, path = '']) => path)
  const missing = [...links, ...paths]
    .filter((path) => !path.includes('NNN'))
    .filter((path) => globSync(path, { cwd: ROOT }).length === 0)
  expect(missing).toEqual([])
})

test.each(['ARCHITECTURE.md', 'CONTRIBUTING.md'])(
  '%s names a file without its folder only where its place is told',
  (page) => {
    const items = readFileSync(join(ROOT, page), 'utf8').split(/\n(?=\d+\. |\||\n)/u)
    const lost = items.flatMap((item) => {
      const folders = [...item.matchAll(/`([\w./-]+\/)[^`/]*`/gu)].map(([, folder = '']) => folder)
      const names = [...item.matchAll(/`([\w.-]+\.ts)`/gu)].map(([, name = '']) => name)
      return names
        .filter((name) => !existsSync(join(ROOT, name)))
        .filter((name) => !folders.some((folder) => existsSync(join(ROOT, folder, name))))
    })
    expect(lost).toEqual([])
  },
)

test('there are pages to check', () => {
  expect(PAGES.length).toBeGreaterThan(12)
})

test('a page of the package links to nothing that is not in the package', () => {
  const kept = manifest.files.filter((path) => !path.startsWith('!'))
  const left = manifest.files.filter((path) => path.startsWith('!')).map((path) => path.slice(1))
  const isPacked = (path: string): boolean =>
    ['README.md', 'LICENSE', 'package.json'].includes(path) ||
    (kept.some((one) => path === one || path.startsWith(`${one}/`)) &&
      !left.some((one) => path === one || path.startsWith(`${one}/`)))
  const lost = PAGES.filter(isPacked).flatMap((page) =>
    [
      ...readFileSync(join(ROOT, page), 'utf8').matchAll(
        /(?:\]\(|src(?:set)?=")(?!https?:|mailto:|#)([^)#"]+)/g,
      ),
    ]
      .map(([, path = '']) => join(dirname(page), path).replace(/\/$/u, ''))
      .filter((path) => !isPacked(path))
      .map((path) => `${page}: ${path}`),
  )
  expect(lost).toEqual([])
})

test('the picture of the README is one drawing in two palettes', () => {
  const [light, dark] = ['light', 'dark'].map((palette) =>
    readFileSync(join(ROOT, `docs/images/way-${palette}.svg`), 'utf8'),
  )
  const withoutColours = (svg = '') => svg.replaceAll(/#[0-9a-f]{6}/g, '#')
  expect(withoutColours(light)).toBe(withoutColours(dark))
  expect(light).not.toBe(dark)
})
