import type { Home } from '../../home/home.ts'
import type { StartArguments } from '../client/start-arguments.ts'
import type { ServeOptions } from './serve-options.ts'

export function startArguments(options: ServeOptions): StartArguments {
  return {
    host: options.host,
    port: options.port,
    insecureLocalhost: options.insecureLocalhost === true,
    gateway: options.gateway || null,
    gatewayCa: options.gatewayCa ?? null,
    store: options.store ?? null,
    memory: options.memory === true,
  }
}

/** The command line of a daemon in the foreground, behind `spl`. */
export function foregroundLine(home: Home, args: StartArguments): string[] {
  return [
    'serve',
    '--foreground',
    `--home=${home.root}`,
    `--host=${args.host}`,
    `--port=${args.port}`,
    ...(args.insecureLocalhost ? ['--insecure-localhost'] : []),
    ...(args.gateway === null ? [] : [`--gateway=${args.gateway}`]),
    ...(args.gatewayCa === null ? [] : [`--gateway-ca=${args.gatewayCa}`]),
    ...(args.store === null ? [] : [`--store=${args.store}`]),
    ...(args.memory ? ['--memory'] : []),
  ]
}

/**
 * What a restart starts with: what was used last, and in its place whatever was given now.
 * @param given the arguments that stand on this command line or in its environment, and no others
 */
export function keptArguments(
  last: StartArguments,
  given: Partial<StartArguments>,
): StartArguments {
  // A store given now takes the place of the other kind, too.
  const store = given.memory === true ? { store: null } : given.store ? { memory: false } : {}
  // A certificate is of one gateway: another one, or none, does not have it.
  const ca =
    given.gateway === undefined || given.gateway === last.gateway ? {} : { gatewayCa: null }
  return { ...last, ...store, ...ca, ...given }
}
