import { Argument, Option, type Command } from 'commander'
import type { ExposeWish } from './expose-daemon.ts'
import { parseOrigins } from '../parse/origins.ts'
import { MATRIX, USE_CASES, WAYS, type UseCase, type Way } from './use-case.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { parseGateway } from '../parse/gateway.ts'
import { parsePath } from '../parse/path.ts'
import {
  RECIPE_NAMES,
  UPSTREAM_KINDS,
  type RecipeName,
  type UpstreamKind,
} from './recipe/recipe.ts'

/** `spl expose` as commander hands it over. */
interface ExposeOptions extends GlobalOptions {
  readonly by?: Way
  readonly hostname?: string
  readonly origin?: readonly string[]
  readonly gateway?: string
  readonly gatewayCa?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly write?: string
  readonly print?: RecipeName
  readonly upstream: UpstreamKind
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export function addExpose(program: Command): void {
  program
    .command('expose')
    .description('let others reach the daemon safely, and test it from outside')
    .addArgument(
      new Argument('[use]', 'who should reach it; spl asks if you leave it out').choices(USE_CASES),
    )
    .addOption(new Option('--by <way>', 'use this way, not the recommended one').choices(WAYS))
    .option('--hostname <name>', 'public hostname, for a proxy')
    .option('--origin <origins>', 'origins of the web pages that may call', parseOrigins)
    .addOption(new Option('--gateway <url>', 'gateway to connect to').argParser(parseGateway))
    .option('--gateway-ca <file>', 'PEM file to trust for it, besides the system', parsePath)
    .option(
      '--tls-cert <file>',
      "certificate (PEM) for nginx instead of Let's Encrypt's",
      parsePath,
    )
    .option('--tls-key <file>', 'its key', parsePath)
    .option('--write <dir>', "write the proxy's files there instead of showing them", parsePath)
    .addOption(
      new Option('--print <proxy>', "only print a proxy's configuration").choices(RECIPE_NAMES),
    )
    .addOption(
      new Option('--upstream <what>', 'what the proxy forwards to, with --print')
        .choices(UPSTREAM_KINDS)
        .default('daemon'),
    )
    .option('--dry-run', 'show the steps and do nothing')
    .option('--yes', 'do the steps without asking')
    .addHelpText(
      'after',
      `\nUses, and the ways for each, the recommended one first:\n${matrixLines()}\n`,
    )
    .addHelpText(
      'after',
      examples(
        ['spl expose', 'asks, shows the steps, does them, tests the result'],
        ['spl expose phone --dry-run', 'the steps for a phone on the Wi-Fi'],
        [
          'spl expose browser --origin https://app.example.com --yes',
          'a page in the browser on this machine',
        ],
        ['spl expose peer --gateway https://spl.example.com', 'through your gateway, no open port'],
        ['spl expose team --by nginx --hostname spl.example.com', 'nginx in front, with TLS'],
        ['spl expose --print caddy --hostname spl.example.com', 'only the configuration'],
      ),
    )
    .action((use: UseCase | undefined, _options: unknown, command: Command) =>
      expose(use, optionsOf<ExposeOptions>(command)),
    )
}

async function expose(use: UseCase | undefined, options: ExposeOptions): Promise<void> {
  const { print, hostname, upstream, tlsCert: certificate, tlsKey: certificateKey } = options
  const tls = {
    ...(certificate !== undefined && { certificate }),
    ...(certificateKey !== undefined && { certificateKey }),
  }
  const named = hostname === undefined ? {} : { hostname }
  if (print !== undefined) {
    const { printRecipe } = await import('./print-recipe.ts')
    return printRecipe(
      homeOf(options),
      print,
      { ...named, ...tls, upstream },
      options.json === true,
    )
  }
  const { gateway, gatewayCa } = options
  const wish: ExposeWish = {
    origins: options.origin ?? [],
    ...tls,
    ...named,
    ...(use !== undefined && { use }),
    ...(options.by !== undefined && { way: options.by }),
    ...(gateway !== undefined && { gateway: { url: gateway, cacert: gatewayCa ?? null } }),
  }
  const { exposeDaemon } = await import('./expose-daemon.ts')
  return exposeDaemon(wish, options)
}

function matrixLines(): string {
  const width = Math.max(...USE_CASES.map((use) => use.length))
  return USE_CASES.map((use) => {
    const { title, ways } = MATRIX[use]
    return `  ${use.padEnd(width)}  ${title}\n  ${' '.repeat(width)}  ${ways.join(', ')}`
  }).join('\n')
}
