import { type Recipe } from '../../../local-daemon/cli/expose/recipe/recipe.ts'

/** The content of a recipe's file, by the end of its path. */
export function fileOf({ files }: Recipe, ending: string): string {
  return files.find(({ path }) => path.endsWith(ending))?.content ?? ''
}
