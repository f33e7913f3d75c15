import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { note, printJson, printAsIs } from '../output/output.ts'
import { runningConfiguration } from './recipe/from-running-daemon.ts'
import { makeRecipe } from './recipe/make-recipe.ts'
import type { RecipeName, UpstreamKind } from './recipe/recipe.ts'
import type { RecipeRequest } from './recipe/recipe-input.ts'
import { recipeText } from './recipe/recipe-text.ts'
import { missingSettings } from './recipe/settings-of.ts'

type Request = Partial<RecipeRequest> & { readonly upstream: UpstreamKind }

/**
 * Prints the configuration of a proxy, made for the daemon that runs; for the usual address while none does. What is
 * to be set at the daemon is only what is not set yet.
 *
 * @throws CliError EXPOSE_HOSTNAME_MISSING, and what `makeRecipe` refuses
 */
export async function printRecipe(
  home: Home,
  name: RecipeName,
  request: Request,
  json: boolean,
): Promise<void> {
  const running = await runningConfiguration(home).catch(unlessNotRunning)
  const hostname = request.hostname ?? running?.hostname
  if (hostname === undefined) throw hostnameMissing(name)
  const forDaemon = request.upstream === 'daemon' && running !== undefined
  const recipe = makeRecipe(name, {
    ...request,
    hostname,
    ...(forDaemon && { url: running.address }),
  })
  const left = { ...recipe, settings: missingSettings(recipe.settings, running?.settings ?? {}) }
  if (json) return printJson({ object: 'recipe', ...left })
  const { stdout, stderr } = recipeText(left)
  printAsIs(stdout)
  note(stderr.trimEnd())
}

function unlessNotRunning(error: unknown): undefined {
  if (error instanceof CliError && error.exitCode === EXIT_CODE.unreachable) return undefined
  throw error
}

function hostnameMissing(name: RecipeName): CliError {
  return new CliError(
    'EXPOSE_HOSTNAME_MISSING',
    `${name} needs the public hostname`,
    `spl expose --print ${name} --hostname spl.example.com`,
    EXIT_CODE.usage,
  )
}
