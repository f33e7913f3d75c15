import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const START = fileURLToPath(new URL('../../../../local-daemon/cli/spl.ts', import.meta.url))
/** An import or export from elsewhere that is there at run time. */
const STATIC = /^(?:import|export)(?! type\b)[^'"]*?\bfrom '([^']+)'|^import '([^']+)'/gmsu

/** The packages that the command line has loaded before it knows which command it is. */
function loadedAtStart(): ReadonlySet<string> {
  const packages = new Set<string>()
  const seen = new Set([START])
  for (const file of seen) {
    for (const [, from, alone] of readFileSync(file, 'utf8').matchAll(STATIC)) {
      const name = from ?? alone ?? ''
      const path = resolve(dirname(file), name)
      if (!name.startsWith('.')) packages.add(name)
      else if (path.endsWith('.ts') && existsSync(path)) seen.add(path)
    }
  }
  return packages
}

test('what only some commands need is not loaded for the others', () => {
  const packages = loadedAtStart()
  expect(packages).toContain('commander')
  for (const heavy of [
    'zod',
    '@hono/zod-openapi',
    'hono',
    'better-sqlite3',
    'ws',
    'pino',
    'workerd',
  ]) {
    expect(packages).not.toContain(heavy)
  }
})
