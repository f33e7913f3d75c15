import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeRecipe } from '../../local-daemon/cli/expose/recipe/make-recipe.ts'
import { RECIPE_NAMES } from '../../local-daemon/cli/expose/recipe/recipe.ts'
import { settingCommands } from '../../local-daemon/cli/expose/recipe/settings-of.ts'

function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
}

test.each(RECIPE_NAMES)('docs/reverse-proxy.md shows what is printed for %s', (name) => {
  const { files, settings } = makeRecipe(name, { hostname: 'spl.example.com' })
  const shown = files.filter(({ path }) => !/\/(?:traefik|compose)\.yml$/.test(path))
  expect(shown).toHaveLength(1)
  for (const { content } of shown) expect(page('reverse-proxy.md')).toContain(`\n${content}\`\`\``)
  // Bearers are asked for unless somebody has switched that off.
  for (const command of settingCommands(settings.filter(({ key }) => key !== 'auth_required'))) {
    expect(page('reverse-proxy.md')).toContain(`${command}\n`)
  }
})

test('docs/self-hosting.md shows what is printed for Caddy in front of the gateway', () => {
  const { files } = makeRecipe('caddy', { hostname: 'spl.example.com', upstream: 'gateway' })
  const block = files[0]?.content.replaceAll(/\t+#.*\n/g, '') ?? ''
  expect(page('self-hosting.md')).toContain(`\n${block}\`\`\``)
})
