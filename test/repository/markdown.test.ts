import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const linter = join(root, 'node_modules/markdownlint-cli2/markdownlint-cli2-bin.mjs')
const config = join(root, '.markdownlint-cli2.jsonc')

/** Pages, and what `npm run markdown` finds on each. */
const PLANTED: Readonly<Record<string, readonly [text: string, found: string]>> = {
  'long-line.md': [`# Page\n\n${'word '.repeat(30)}end.\n`, '3:121 error MD013/line-length'],
  'dead-anchor.md': ['# Page\n\n[Below](#nowhere).\n', '3:1 error MD051/link-fragments'],
  'dead-anchor-elsewhere.md': ['# Page\n\n[There](good.md#nowhere).\n', '3 error relative-links'],
  'dead-link.md': ['# Page\n\n[There](gone.md).\n', '3 error relative-links'],
  'second-title.md': ['# Page\n\n# Another\n', '3 error MD025/single-title/single-h1'],
  'skipped-level.md': ['# Page\n\n### Deep\n', '3 error MD001/heading-increment'],
}
const GOOD = '# Page\n\n## Part\n\n[Above](#part), [there](dead-link.md#page).\n'

test(
  'the check of Markdown finds each planted fault, and no other',
  { timeout: 30_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spl-markdown-'))
    try {
      writeFileSync(join(folder, 'good.md'), GOOD)
      for (const [name, [text]] of Object.entries(PLANTED)) writeFileSync(join(folder, name), text)
      const args = [linter, '--config', config, '--no-globs', '*.md']
      const failed: unknown = await promisify(execFile)(process.execPath, args, {
        cwd: folder,
      }).catch((error: unknown) => error)
      expect(failed).toMatchObject({ code: 1 })
      const { stderr } = failed as { readonly stderr: string }
      const found = stderr.trim().split('\n').toSorted()
      const planted = Object.entries(PLANTED).map(([name, [, rule]]) => `${name}:${rule}`)
      expect(found.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual(planted.toSorted())
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
