import type { Recipe } from './recipe.ts'
import { settingCommands } from './settings-of.ts'

/**
 * A recipe for people. One file's content is everything that goes to stdout, so that it can be saved as it is; the
 * rest is said beside it.
 */
export function recipeText({ files, commands, settings, notes }: Recipe): {
  readonly stdout: string
  readonly stderr: string
} {
  const [only] = files
  const stdout =
    files.length === 1 && only !== undefined
      ? only.content
      : files.map(({ path, content }) => `# ---- ${path}\n${content}`).join('\n')
  const steps = [...settingCommands(settings), ...commands]
  const save = files.map(({ path }) => path).join(', ')
  const lines = [
    `Save as ${save}, then:`,
    ...steps.map((step) => `  ${step}`),
    ...notes.map((note) => `note: ${note}`),
  ]
  return { stdout, stderr: lines.map((line) => `${line}\n`).join('') }
}
