import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import lock from '../../../package-lock.json' with { type: 'json' }
import manifest from '../../../package.json' with { type: 'json' }

const root = new URL('../../../', import.meta.url)
const settings = readFileSync(new URL('wrangler.toml', root), 'utf8')

/** What developers.cloudflare.com/workers/platform/deploy-buttons asks of a repository. */
describe('the Deploy button of Cloudflare', () => {
  test('finds the settings of one Worker at the root, and its entry', () => {
    const entry = /^main = "(.+)"$/m.exec(settings)?.[1] ?? ''
    expect(existsSync(new URL(entry, root))).toBe(true)
    expect(settings).toMatch(/^name = "[a-z0-9-]+"$/m)
    expect(settings).toMatch(/^compatibility_date = "\d{4}-\d\d-\d\d"$/m)
  })

  test('finds a command that deploys and one that builds, and wrangler pinned for them', () => {
    expect(manifest.scripts.deploy).toBe('wrangler deploy')
    expect(manifest.scripts.build).toBe('node build.ts')
    expect(manifest.devDependencies.wrangler).toMatch(/^\d+\.\d+\.\d+$/)
    const locked: Readonly<Record<string, { version?: string }>> = lock.packages
    expect(locked['node_modules/wrangler']?.version).toBe(manifest.devDependencies.wrangler)
    // Types are stripped only by a newer Node.js than a builder may have.
    expect(locked['node_modules/node']?.version).toBe(manifest.devDependencies.node)
  })

  test('explains every variable that it asks a person for', () => {
    const table = /^\[vars\]\n([\s\S]*?)^\[/m.exec(settings)?.[1] ?? ''
    const variables = [...table.matchAll(/^(\w+) = /gm)].map(([, name]) => name)
    expect(variables).toContain('OWNER_DID')
    expect(Object.keys(manifest.cloudflare.bindings)).toEqual(variables)
    for (const { description } of Object.values(manifest.cloudflare.bindings)) {
      expect(description).toMatch(/\S/)
    }
    expect(manifest.cloudflare.bindings.OWNER_DID.description).toContain('spl status')
  })

  test('is asked for no secret, and provides the object by its migration', () => {
    expect(existsSync(new URL('.dev.vars.example', root))).toBe(false)
    expect(existsSync(new URL('.env.example', root))).toBe(false)
    expect(settings).toMatch(/^new_sqlite_classes = \["TunnelObject"\]$/m)
  })

  test('is in the guide with an address that a person makes their own', () => {
    const guide = readFileSync(fileURLToPath(new URL('docs/deploying.md', root)), 'utf8')
    expect(guide).toContain(
      'https://deploy.workers.cloudflare.com/?url=https://github.com/<you>/spl',
    )
  })
})
