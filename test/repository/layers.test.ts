import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { architecture, foldersOf, layersOf, ROOT, rulesOf } from './layers.ts'

const layers = layersOf(architecture())
const RULES = join(ROOT, '.oxlintrc.layers.json')

test.each(['protocol', 'edge-gateway', 'local-daemon'])(
  'ARCHITECTURE.md has each folder of %s as one layer, and no other',
  (part) => {
    const told = layers.filter((layer) => layer.part === part).map(({ folder }) => folder)
    expect(told.toSorted()).toEqual(foldersOf(part))
  },
)

test('each layer may import up to a layer that the page names before it', () => {
  for (const [at, { part, folder, upTo }] of layers.entries()) {
    const before = layers.slice(0, at).filter((layer) => layer.part === part)
    const allowed = before.length === 0 ? [undefined] : before.map((layer) => layer.folder)
    expect([folder, allowed]).toEqual([folder, expect.arrayContaining([upTo])])
  }
})

test('the linter enforces the layers that ARCHITECTURE.md tells of, and no others', () => {
  const rules = `${JSON.stringify(rulesOf(layers), null, 2)}\n`
  if (process.env['REFRESH_RULES'] !== undefined) writeFileSync(RULES, rules)
  expect(JSON.parse(readFileSync(RULES, 'utf8'))).toEqual(JSON.parse(rules))
})
