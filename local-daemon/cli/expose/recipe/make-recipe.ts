import { caddyRecipe } from './caddy.ts'
import { cloudflaredRecipe } from './cloudflared.ts'
import { nginxRecipe } from './nginx.ts'
import type { Recipe, RecipeName } from './recipe.ts'
import { parseRecipeInput, type RecipeInput, type RecipeRequest } from './recipe-input.ts'
import { traefikRecipe } from './traefik.ts'

const RECIPES: Readonly<Record<RecipeName, (input: RecipeInput) => Recipe>> = {
  caddy: caddyRecipe,
  nginx: nginxRecipe,
  traefik: traefikRecipe,
  cloudflared: cloudflaredRecipe,
}

/** The recipe of a proxy. Throws what `parseRecipeInput` throws. */
export function makeRecipe(name: RecipeName, request: RecipeRequest): Recipe {
  return RECIPES[name](parseRecipeInput(request))
}
